/**
 * File tree to NAR bytes.
 *
 * @module
 */
import { toAsyncIterable } from '../bytes/stream.ts';
import { NarError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { NarEntries, NarEntry, NarRegular } from './entry.ts';
import type { NarLimits } from './limits.ts';
import { narLimits } from './limits.ts';
import { checkTarget, OrderCheck } from './order.ts';
import { NarOutput } from './output.ts';
import {
  CLOSE,
  CONTENTS,
  DIRECTORY,
  ENTRY,
  EXECUTABLE,
  MAGIC,
  NODE,
  padding,
  REGULAR,
  ROOT,
  SYMLINK,
} from './token.ts';

/** Options of {@link writeNar}. */
export interface WriteNarOptions {
  /**
   * Bytes per chunk put out. Contents that come in larger chunks are passed on as they are.
   * @default 262144
   */
  chunkSize?: number;
  /**
   * Write into the same few buffers again: a chunk is then valid only until the next is asked for.
   * Right for a consumer that is done with a chunk by then, such as `hashSource`; wrong for one that
   * holds chunks back or queues them. Saves the memory system a good deal of work.
   * @default false
   */
  reuseChunks?: boolean;
  /**
   * Bounds other than the newest Nix's, which then refuses what exceeds its own.
   * @default NAR_LIMITS
   */
  limits?: Partial<NarLimits>;
  /** Called for every entry, with the offset of the content for regular files: what a listing needs. */
  onEntry?: (entry: NarEntry, narOffset: number | undefined) => void;
}

/**
 * Serialises a file tree as a NAR (nar.md section 1): the bytes of `nix-store --dump`.
 *
 * Tokens and small files are gathered into chunks; there is no promise per file when `entries` is
 * a synchronous iterable. A chunk put out is never written to again.
 *
 * @throws NarError `ERR_NAR_SYNTAX` for entries out of order, bad names, or a body that is not
 *   `size` bytes long; `ERR_NAR_LIMIT` beyond `limits`.
 *
 * @example
 * ```ts
 * import { collect } from 'narkit';
 * import { writeNar } from 'narkit/nar';
 *
 * const body = new TextEncoder().encode('hello\n');
 * const nar = await collect(writeNar([{ type: 'regular', path: '', executable: false, size: 6, body }]));
 * console.log(nar.length); // 120
 * ```
 */
export async function* writeNar(
  entries: NarEntries,
  options: WriteNarOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  checkOptions('writeNar', options, ['chunkSize', 'reuseChunks', 'limits', 'onEntry']);
  const out = new NarOutput(options.chunkSize ?? 262_144, options.reuseChunks ?? false);
  const limits = narLimits('writeNar', options.limits);
  const order = new OrderCheck(limits);
  const iterator =
    Symbol.asyncIterator in entries ? entries[Symbol.asyncIterator]() : entries[Symbol.iterator]();
  out.token(MAGIC);
  let finished = false;
  try {
    for (;;) {
      const pending = iterator.next();
      const step = 'then' in pending ? await pending : pending;
      if (step.done) break;
      const entry = step.value;
      const { name, closed } = order.enter(entry.path);
      for (let i = 0; i < closed; i++) closeNode(out, true);
      if (name === undefined) out.token(ROOT);
      else {
        out.token(ENTRY);
        out.string(name);
        out.token(NODE);
      }
      if (entry.type === 'regular') {
        openRegular(out, entry);
        options.onEntry?.(entry, out.length);
        if (entry.body instanceof Uint8Array) {
          checkLength(entry, entry.body.length);
          out.copy(entry.body);
        } else yield* streamBody(out, entry);
        out.zeros(padding(entry.size));
        closeNode(out, name !== undefined);
      } else {
        options.onEntry?.(entry, undefined);
        if (entry.type === 'symlink') {
          out.token(SYMLINK);
          out.string(checkTarget(entry.target, entry.path, limits.targetLength));
          closeNode(out, name !== undefined);
        } else if (entry.type === 'directory') {
          order.descend(entry.path);
          out.token(DIRECTORY);
        } else throw new TypeError(`unknown type of entry: ${String((entry as NarEntry).type)}`);
      }
      if (out.pending) yield* out.take();
    }
    finished = true;
  } finally {
    if (!finished) await iterator.return?.();
  }
  for (let open = order.finish(); open > 0; open--) closeNode(out, open > 1);
  out.end();
  yield* out.take();
}

/** A node is closed by one parenthesis, and its entry, where it has one, by another. */
function closeNode(out: NarOutput, hasEntry: boolean): void {
  out.token(CLOSE);
  if (hasEntry) out.token(CLOSE);
}

function openRegular(out: NarOutput, entry: NarRegular): void {
  if (!Number.isSafeInteger(entry.size) || entry.size < 0) {
    throw new NarError(
      'ERR_NAR_LIMIT',
      `size ${entry.size} of '${entry.path}' is not an integer from 0 to 2^53-1`,
      {
        path: entry.path,
      },
    );
  }
  out.token(REGULAR);
  if (entry.executable) out.token(EXECUTABLE);
  out.token(CONTENTS);
  out.uint64(entry.size);
}

async function* streamBody(out: NarOutput, entry: NarRegular): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of toAsyncIterable(entry.body)) {
    length += chunk.length;
    if (length > entry.size) checkLength(entry, length);
    out.pass(chunk);
    if (out.pending) yield* out.take();
  }
  checkLength(entry, length);
}

/** @throws NarError `ERR_NAR_SYNTAX` unless a body has as many bytes as its entry says. */
export function checkLength(entry: NarRegular, length: number): void {
  if (length === entry.size) return;
  throw new NarError(
    'ERR_NAR_SYNTAX',
    `the body of '${entry.path}' has ${length > entry.size ? 'more than' : 'only'} ${Math.min(length, entry.size)} bytes; its entry says ${entry.size}`,
    { path: entry.path },
  );
}
