/**
 * File tree to NAR bytes.
 *
 * @module
 */
import { toAsyncIterable } from '../bytes/stream.ts';
import { NarError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { NarEntries, NarEntry, NarRegular } from './entry.ts';
import { NarFrames } from './frames.ts';
import type { NarLimits } from './limits.ts';
import { narLimits } from './limits.ts';
import { NarOutput } from './output.ts';

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
  const frames = new NarFrames(out, narLimits('writeNar', options.limits));
  const iterator =
    Symbol.asyncIterator in entries ? entries[Symbol.asyncIterator]() : entries[Symbol.iterator]();
  let finished = false;
  try {
    for (;;) {
      const pending = iterator.next();
      const step = 'then' in pending ? await pending : pending;
      if (step.done) break;
      const entry = step.value;
      frames.open(entry);
      if (entry.type === 'regular') {
        options.onEntry?.(entry, out.length);
        if (entry.body instanceof Uint8Array) {
          checkLength(entry, entry.body.length);
          out.copy(entry.body);
        } else yield* streamBody(out, entry);
        frames.closeRegular(entry.size);
      } else options.onEntry?.(entry, undefined);
      if (out.pending) yield* out.take();
    }
    finished = true;
  } finally {
    if (!finished) await iterator.return?.();
  }
  frames.finish();
  yield* out.take();
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
