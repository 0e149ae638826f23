/**
 * Shell-like patterns over names of store paths.
 */

/** `*` is any text, `?` any one character. Never slower than pattern times name, unlike a regular expression. */
export function matchesName(pattern: string, name: string): boolean {
  let [p, n] = [0, 0];
  // Where the last `*` was, and how much of the name it has taken so far.
  let star: { readonly p: number; n: number } | undefined;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = { p, n };
      p++;
    } else if (pattern[p] === '?' || pattern[p] === name[n]) {
      p++;
      n++;
    } else if (star !== undefined) {
      star.n++;
      [p, n] = [star.p + 1, star.n];
    } else return false;
  }
  return /^\**$/.test(pattern.slice(p));
}
