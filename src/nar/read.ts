/**
 * NAR bytes to file tree, as strict as the newest Nix (nar.md section 3).
 *
 * @module
 */
import { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteSource } from '../bytes/stream.ts';
import { checkOptions } from '../options.ts';
import type { NarEntry } from './entry.ts';
import { NAR_LIMITS } from './entry.ts';
import { NarInput } from './input.ts';
import { decodeName } from './name.ts';
import { checkTarget, OrderCheck } from './order.ts';
import {
  CLOSE,
  CONTENTS,
  DIRECTORY,
  ENTRY,
  EXECUTABLE,
  MAGIC,
  NODE,
  REGULAR,
  ROOT,
  SYMLINK,
} from './token.ts';

/** Contents up to this many bytes come in one piece. */
export const INLINE_SIZE = 65_536;

/** Options of {@link readNar}. */
export interface ReadNarOptions {
  /**
   * Contents up to this many bytes come as one `Uint8Array`; larger ones as a stream.
   * @default 65536
   */
  inlineSize?: number;
}

/**
 * The entries of a NAR, in order. The bytes pass once; a body that was not read is skipped when
 * the next entry is asked for, and one that is read after that throws.
 *
 * Nothing is known of the *integrity* of an entry until the iteration ended: check the hash of the
 * whole NAR (`verifyNar`), and act on entries only provisionally before.
 *
 * @throws NarError with byte offset and path: `ERR_NAR_SYNTAX`, `ERR_NAR_TRUNCATED`, `ERR_NAR_LIMIT`
 *   (`NAR_LIMITS`, and sizes above 2^53-1), `ERR_NAR_TRAILING` for bytes after the end.
 *
 * @example
 * ```ts
 * import { readNar, writeNar } from 'narkit/nar';
 *
 * const nar = writeNar([{ type: 'symlink', path: '', target: 'target' }]);
 * for await (const entry of readNar(nar)) console.log(entry); // { type: 'symlink', path: '', target: 'target' }
 * ```
 */
export function readNar(
  source: ByteSource,
  options: ReadNarOptions = {},
): AsyncGenerator<NarEntry, void, undefined> {
  return entriesOf(() => {
    checkOptions('readNar', options, ['inlineSize']);
    return { reader: new ByteReader(source), inlineSize: options.inlineSize ?? INLINE_SIZE, whole: true };
  });
}

/** What {@link entriesOf} reads. */
export interface NarPlace {
  reader: ByteReader;
  inlineSize: number;
  /** The archive is the whole input: nothing may follow, and the input ends with the iteration. */
  whole: boolean;
}

/**
 * The entries of the NAR at which a reader stands; unless it is the `whole` input, the reader is left
 * just behind it. Offsets of contents count from the NAR's beginning, those of errors from the input's.
 *
 * @param open called for the first entry: a source that nobody iterates is not touched
 */
export async function* entriesOf(open: () => NarPlace): AsyncGenerator<NarEntry, void, undefined> {
  const { reader, inlineSize, whole } = open();
  const input = new NarInput(reader);
  const order = new OrderCheck();
  const start = reader.offset;
  /** Paths of the open directories. */
  const parents: string[] = [];
  let path = '';
  try {
    await input.expect(MAGIC, path);
    await input.expect(ROOT, path);
    order.enter(path);
    for (;;) {
      const type = await input.choose([REGULAR, DIRECTORY, SYMLINK], path);
      if (type === DIRECTORY) {
        order.descend(path);
        parents.push(path);
        yield { type: 'directory', path };
      } else {
        if (type === SYMLINK) {
          const target = decodeName(await input.string(NAR_LIMITS.targetLength, 'symlink target', path));
          input.located(() => checkTarget(target, path));
          yield { type: 'symlink', path, target };
        } else {
          const executable = (await input.choose([CONTENTS, EXECUTABLE], path)) === EXECUTABLE;
          if (executable) await input.expect(CONTENTS, path);
          const size = await input.size(path);
          const narOffset = reader.offset - start;
          const body = size <= inlineSize ? await input.bytes(size, path) : input.body(size, path);
          yield { type: 'regular', path, executable, size, narOffset, body };
          if (!(body instanceof Uint8Array)) await body.skip();
          await input.padding(size, path);
        }
        await input.expect(CLOSE, path);
        if (parents.length > 0) await input.expect(CLOSE, path);
      }
      // The next member of the innermost open directory, or of the first around it that has one.
      while (parents.length > 0 && (await input.choose([ENTRY, CLOSE], path)) === CLOSE) {
        path = parents.pop() as string;
        if (parents.length > 0) await input.expect(CLOSE, path);
      }
      const parent = parents.at(-1);
      if (parent === undefined) break;
      const name = decodeName(await input.string(NAR_LIMITS.nameLength, 'file name', parent));
      path = parent === '' ? name : `${parent}/${name}`;
      input.located(() => order.enter(path));
      await input.expect(NODE, path);
    }
    if (whole) await input.end();
  } finally {
    if (whole) await reader.cancel();
  }
}
