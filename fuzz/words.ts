/** A NAR as its words, so that one can be made wrong without touching the others. */
import type { Tree } from '../test/nar/trees.ts';

/** One `str()`: length, bytes, padding; the last two follow from the bytes unless they are given. */
export interface Word {
  readonly role: 'keyword' | 'name' | 'target' | 'contents' | 'marker';
  readonly bytes: Uint8Array;
  readonly length?: bigint;
  readonly padding?: Uint8Array;
}

export function keyword(text: string): Word {
  return { role: 'keyword', bytes: Buffer.from(text) };
}

/** What may stand around the members of a directory. */
export interface WordsOptions {
  /** Members in the order of the tree, instead of the archive's. */
  readonly unsorted: boolean;
}

export function wordsOf(tree: Tree, options: WordsOptions): Word[] {
  return [keyword('nix-archive-1'), ...nodeOf(tree, options)];
}

function nodeOf(tree: Tree, options: WordsOptions): Word[] {
  const words = [keyword('('), keyword('type'), keyword(tree.type)];
  if (tree.type === 'symlink') words.push(keyword('target'), { role: 'target', bytes: tree.target });
  else if (tree.type === 'regular') {
    if (tree.executable) words.push(keyword('executable'), { role: 'marker', bytes: Buffer.alloc(0) });
    words.push(keyword('contents'), { role: 'contents', bytes: tree.content });
  } else {
    const members = options.unsorted
      ? tree.members
      : tree.members.toSorted(([a], [b]) => Buffer.compare(a, b));
    for (const [name, member] of members) {
      words.push(...['entry', '(', 'name'].map(keyword), { role: 'name', bytes: name });
      words.push(keyword('node'), ...nodeOf(member, options), keyword(')'));
    }
  }
  words.push(keyword(')'));
  return words;
}

/** The archive. */
export function printWords(words: readonly Word[]): Buffer {
  return Buffer.concat(
    words.flatMap(({ bytes, length = BigInt(bytes.length), padding }) => {
      const head = Buffer.alloc(8);
      head.writeBigUInt64LE(length);
      return [head, bytes, padding ?? Buffer.alloc((8 - (bytes.length % 8)) % 8)];
    }),
  );
}

/** Words after which any string may come. */
const BEFORE_ANYTHING = new Set(['name', 'target', 'contents']);
const KEYWORDS = new Set([
  ...[
    'nix-archive-1',
    '(',
    ')',
    'type',
    'regular',
    'symlink',
    'directory',
    'executable',
    '',
    'entry',
    'node',
  ],
  ...BEFORE_ANYTHING,
]);

/**
 * Whether a reader comes to a string, other than contents, that claims to be longer than a mebibyte.
 * A NAR is a sequence of strings whatever they mean; no reader goes on after padding that is not zero,
 * nor after two words that it does not know.
 */
export function claimsLongString(nar: Buffer): boolean {
  let last = '';
  let isKnown = true;
  for (let at = 0; at + 8 <= nar.length; ) {
    const length = nar.readBigUInt64LE(at);
    if (length > nar.length - at - 8) return length > 2n ** 20n && last !== 'contents';
    const end = at + 8 + Number(length);
    const next = end + ((8 - (Number(length) % 8)) % 8);
    if (nar.subarray(end, next).some((byte) => byte !== 0)) return false;
    const word = nar.toString('latin1', at + 8, end);
    const wasKnown = isKnown;
    isKnown = BEFORE_ANYTHING.has(last) || KEYWORDS.has(word);
    if (!isKnown && !wasKnown) return false;
    last = BEFORE_ANYTHING.has(last) ? '' : word;
    at = next;
  }
  return false;
}
