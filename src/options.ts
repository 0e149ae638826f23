/**
 * The one rule for options: an unknown one is an error, for a misspelt option that is silently
 * ignored is how unsigned paths get uploaded.
 *
 * @module
 */

/**
 * Throws when `options` has a member that is not among `known`.
 *
 * @throws TypeError naming the unknown option, the function, and the known ones.
 */
export function checkOptions(where: string, options: object | undefined, known: readonly string[]): void {
  for (const name of Object.keys(options ?? {})) {
    if (!known.includes(name)) {
      const near = nearest(name, known);
      throw new TypeError(
        `${where}: unknown option '${name}'${near === undefined ? '' : ` (did you mean '${near}'?)`}`,
      );
    }
  }
}

/**
 * The known word that `word` is most likely a slip of, by edit distance: at most a third of its letters
 * are other ones, or two. For programs that refuse unknown settings as this library does.
 *
 * @returns `undefined` when none is close enough.
 *
 * @example
 * ```ts
 * import { nearest } from 'narkit';
 *
 * console.log(nearest('comprssion', ['cache', 'compression'])); // compression
 * ```
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
