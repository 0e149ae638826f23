/**
 * The tokens of a NAR. The grammar (nar.md section 1), where `str(x)` is a u64 LE length, the
 * bytes, and zero padding to 8:
 *
 * ```text
 * nar   = str("nix-archive-1") node
 * node  = str("(") str("type") body str(")")
 * body  = str("regular") [ str("executable") str("") ] str("contents") str(bytes)
 *       | str("symlink") str("target") str(bytes)
 *       | str("directory") { str("entry") str("(") str("name") str(bytes) str("node") node str(")") }
 * ```
 *
 * Between the variable parts only few sequences of words are possible, so reader and writer speak
 * in those sequences, encoded once.
 *
 * @module
 */
import { concatBytes, utf8 } from '../bytes/bytes.ts';

/** A fixed sequence of words. */
export interface Token {
  readonly words: readonly string[];
  readonly bytes: Uint8Array;
  /** The same as little-endian 32-bit numbers, which compare faster. */
  readonly numbers: Uint32Array;
}

/** Zero bytes after `length` bytes to reach a multiple of 8. */
export function padding(length: number): number {
  return (8 - (length % 8)) % 8;
}

/** `str(bytes)`. */
export function encodeString(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + bytes.length + padding(bytes.length));
  new DataView(out.buffer).setBigUint64(0, BigInt(bytes.length), true);
  out.set(bytes, 8);
  return out;
}

function token(...words: string[]): Token {
  const bytes = concatBytes(words.map((word) => encodeString(utf8(word))));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    words,
    bytes,
    numbers: Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true)),
  };
}

export const MAGIC: Token = token('nix-archive-1');
/** What opens the root node. */
export const ROOT: Token = token('(', 'type');
/** What opens a member of a directory, up to its name. */
export const ENTRY: Token = token('entry', '(', 'name');
/** What stands between a member's name and the type of its node. */
export const NODE: Token = token('node', '(', 'type');
export const CLOSE: Token = token(')');
/** What closes a node and the entry that it is the node of. */
export const CLOSE_MEMBER: Token = token(')', ')');
export const REGULAR: Token = token('regular');
export const EXECUTABLE: Token = token('executable', '');
export const CONTENTS: Token = token('contents');
export const SYMLINK: Token = token('symlink', 'target');
export const DIRECTORY: Token = token('directory');
