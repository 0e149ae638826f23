/**
 * Contents of one file out of a NAR, by range.
 *
 * @module
 */
import { equalBytes } from '../bytes/bytes.ts';
import { cutOff } from '../bytes/cut-off.ts';
import type { ByteSource } from '../bytes/stream.ts';
import { toAsyncIterable } from '../bytes/stream.ts';
import { IntegrityError, NarError } from '../errors.ts';
import { CLOSE, CONTENTS, EXECUTABLE, MAGIC, padding, REGULAR, ROOT } from './token.ts';

/**
 * Gives `length` bytes of an *uncompressed* NAR from byte `offset` on: no fewer, and no more. Both are
 * integers, `offset` from 0, `length` from 1. What it throws reaches whoever reads, as it is.
 *
 * For a NAR in memory: `(offset, length) => nar.subarray(offset, offset + length)`.
 */
export type NarRangeReader = (
  offset: number,
  length: number,
  options: { signal?: AbortSignal },
) => ByteSource | Promise<ByteSource>;

/** A file as a listing has it. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly narOffset: number;
}

/** What stands before the contents of any file: the word `contents` and their length. */
const HEAD = CONTENTS.bytes.length + 8;
/** No contents begin earlier: those of a NAR that is one file. */
const FIRST = MAGIC.bytes.length + ROOT.bytes.length + REGULAR.bytes.length + HEAD;

/**
 * Checks what can be checked without reading: a place in a NAR where contents can be.
 *
 * @param narSize `undefined`: not known
 * @throws NarError `ERR_NAR_LISTING`
 */
export function checkPlace(
  path: string,
  place: { readonly size?: number; readonly narOffset?: number; readonly executable?: boolean },
  narSize: number | undefined,
): ListedFile {
  const { size, narOffset } = place;
  if (size === undefined || narOffset === undefined || narOffset === 0) {
    const what = size === undefined ? 'size' : 'offset';
    throw listingError(path, `the listing does not say the ${what} of '${path}'`);
  }
  const first = FIRST + (place.executable === true ? EXECUTABLE.bytes.length : 0);
  const end = narOffset + size + padding(size) + CLOSE.bytes.length;
  if (
    !Number.isSafeInteger(size) ||
    size < 0 ||
    !Number.isSafeInteger(end) ||
    narOffset < first ||
    narOffset % 8 !== 0 ||
    end > (narSize ?? end)
  ) {
    const where = narSize === undefined ? 'a NAR' : `a NAR of ${narSize} bytes`;
    throw listingError(path, `no ${size} bytes of '${path}' can be at offset ${narOffset} of ${where}`);
  }
  return { path, size, narOffset };
}

/**
 * Bytes `start` to `end` of a file, by one range request when the first is asked for; none at all for
 * an empty part. From the beginning, the {@link HEAD} is read along, and checked before any byte is
 * handed out.
 */
export async function* readContents(
  range: NarRangeReader,
  file: ListedFile,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { path, narOffset } = file;
  const head = new Uint8Array(start === 0 ? HEAD : 0);
  const length = head.length + end - start;
  if (length === 0) return;
  signal?.throwIfAborted();
  const offset = narOffset + start - head.length;
  const source = toAsyncIterable(await range(offset, length, signal === undefined ? {} : { signal }));
  let came = 0;
  for await (const chunk of signal === undefined ? source : cutOff(source, signal)) {
    const missing = Math.max(head.length - came, 0);
    came += chunk.length;
    if (came > length) throw wrongLength(path, length, 'more');
    head.set(chunk.subarray(0, missing), head.length - missing);
    if (missing > 0 && came >= head.length) checkHead(head, file);
    if (chunk.length > missing) yield chunk.subarray(missing);
  }
  if (came < length) throw wrongLength(path, length, `only ${came}`);
}

function checkHead(head: Uint8Array, { path, size, narOffset }: ListedFile): void {
  const at = CONTENTS.bytes.length;
  const length = new DataView(head.buffer).getBigUint64(at, true);
  if (equalBytes(head.subarray(0, at), CONTENTS.bytes) && length === BigInt(size)) return;
  throw listingError(
    path,
    `the listing is not of this NAR: no contents of ${size} bytes, for '${path}', begin at offset ${narOffset}`,
    narOffset,
  );
}

function listingError(path: string, what: string, offset?: number): NarError {
  return new NarError(
    'ERR_NAR_LISTING',
    `${what}; read the whole NAR with readNar, or make a listing of it with narListing`,
    { path, offset },
  );
}

function wrongLength(path: string, length: number, actual: string): IntegrityError {
  const subject = `range of a NAR for '${path}'`;
  return new IntegrityError(
    'ERR_SIZE_MISMATCH',
    `${subject}: ${length} bytes were asked for, ${actual} came; does the source know ranges?`,
    { subject, expected: String(length), actual },
  );
}
