/**
 * NAR bytes to file tree, as strict as the newest Nix (nar.md section 3).
 *
 * @module
 */
import { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteSource } from '../bytes/stream.ts';
import { checkOptions } from '../options.ts';
import type { NarEntry } from './entry.ts';
import { HEAD, NarInput } from './input.ts';
import type { NarLimits } from './limits.ts';
import { narLimits } from './limits.ts';
import { decodeName } from './name.ts';
import type { OpenDirectory } from './order.ts';
import { checkNameForm, checkTarget, enterMember } from './order.ts';
import type { Steps } from './stepped.ts';
import { iterateSteps } from './stepped.ts';
import {
  CLOSE,
  CLOSE_MEMBER,
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
  type Token,
} from './token.ts';

/** Contents up to this many bytes come in one piece. */
export const INLINE_SIZE = 65_536;

/** Options of {@link readNar}. */
export interface ReadNarOptions {
  /**
   * Contents up to this many bytes come as one `Uint8Array`; larger ones as a stream, which costs nothing
   * where it is not read: 0 is best for those who want no contents.
   * @default 65536
   */
  inlineSize?: number;
  /**
   * Bounds other than the newest Nix's, for archives that an older one wrote: it had none.
   * @default NAR_LIMITS
   */
  limits?: Partial<NarLimits>;
}

/**
 * The entries of a NAR, in order. The bytes pass once; a body that was not read is skipped when
 * the next entry is asked for, and one that is read after that throws.
 *
 * Nothing is known of the *integrity* of an entry until the iteration ended: check the hash of the
 * whole NAR (`verifyNar`), and act on entries only provisionally before.
 *
 * @throws NarError with byte offset and path: `ERR_NAR_SYNTAX`, `ERR_NAR_TRUNCATED`, `ERR_NAR_LIMIT`
 *   (`limits`, and sizes above 2^53-1), `ERR_NAR_TRAILING` for bytes after the end.
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
    checkOptions('readNar', options, ['inlineSize', 'limits']);
    const { inlineSize = INLINE_SIZE } = options;
    const limits = narLimits('readNar', options.limits);
    return { reader: new ByteReader(source), inlineSize, limits, whole: true };
  });
}

/** What {@link entriesOf} reads. */
export interface NarPlace {
  readonly reader: ByteReader;
  readonly inlineSize: number;
  readonly limits: NarLimits;
  /** The archive is the whole input: nothing may follow, and the input ends with the iteration. */
  readonly whole: boolean;
}

/**
 * The entries of the NAR at which a reader stands; unless it is the `whole` input, the reader is left
 * just behind it. Offsets of contents count from the NAR's beginning, those of errors from the input's.
 *
 * @param open called for the first entry: a source that nobody iterates is not touched
 */
export function entriesOf(open: () => NarPlace): AsyncGenerator<NarEntry, void, undefined> {
  return iterateSteps(() => {
    const place = open();
    const { reader, whole } = place;
    return {
      reader,
      steps: steps(place),
      close: async () => {
        if (whole) await reader.cancel();
      },
    };
  });
}

const KINDS = [REGULAR, DIRECTORY, SYMLINK] as const;
const CONTENTS_OR_EXECUTABLE = [CONTENTS, EXECUTABLE] as const;
const ENTRY_OR_CLOSE = [ENTRY, CLOSE] as const;

function* steps({ reader, inlineSize, limits, whole }: NarPlace): Steps<NarEntry> {
  const input = new NarInput(reader);
  const start = reader.offset;
  const open: OpenDirectory[] = [];
  let path = '';
  let token: Token = MAGIC;
  if (input.lacks(MAGIC.bytes.length)) yield MAGIC.bytes.length;
  input.expect(MAGIC, path);
  if (input.lacks(ROOT.bytes.length)) yield ROOT.bytes.length;
  input.expect(ROOT, path);
  for (;;) {
    if (input.lacks(HEAD)) yield HEAD;
    token = input.choose(KINDS, path);
    if (input.lacks(token.bytes.length)) yield token.bytes.length;
    input.expect(token, path);
    if (token === DIRECTORY) {
      open.push({ path, last: undefined });
      yield { type: 'directory', path };
    } else {
      if (token === SYMLINK) {
        const target = decodeName(yield* input.string(limits.targetLength, 'symlink target', path));
        try {
          checkTarget(target, path, limits.targetLength);
        } catch (error) {
          throw input.located(error);
        }
        yield { type: 'symlink', path, target };
      } else {
        if (input.lacks(HEAD)) yield HEAD;
        const executable = input.choose(CONTENTS_OR_EXECUTABLE, path) === EXECUTABLE;
        if (executable) {
          if (input.lacks(EXECUTABLE.bytes.length)) yield EXECUTABLE.bytes.length;
          input.expect(EXECUTABLE, path);
        }
        if (input.lacks(CONTENTS.bytes.length)) yield CONTENTS.bytes.length;
        input.expect(CONTENTS, path);
        if (input.lacks(8)) yield 8;
        const size = input.size(path);
        const narOffset = reader.offset - start;
        if (size <= inlineSize) {
          if (input.lacks(size)) yield size;
          const body = input.bytes(size, path);
          yield { type: 'regular', path, executable, size, narOffset, body };
        } else {
          const body = input.body(size, path);
          try {
            yield { type: 'regular', path, executable, size, narOffset, body };
          } finally {
            body.close();
          }
          yield* input.skip(body, path);
        }
        if (input.lacks(padding(size))) yield padding(size);
        input.padding(size, path);
      }
      token = open.length > 0 ? CLOSE_MEMBER : CLOSE;
      if (input.lacks(token.bytes.length)) yield token.bytes.length;
      input.expect(token, path);
    }
    // The next member of the innermost open directory, or of the first around it that has one.
    for (;;) {
      const directory = open.at(-1);
      if (directory === undefined) {
        if (whole && input.lacks(1)) yield 1;
        if (whole) input.end();
        return;
      }
      if (input.lacks(HEAD)) yield HEAD;
      token = input.choose(ENTRY_OR_CLOSE, directory.path);
      if (token === ENTRY) {
        if (input.lacks(ENTRY.bytes.length)) yield ENTRY.bytes.length;
        input.expect(ENTRY, directory.path);
        const name = decodeName(yield* input.string(limits.nameLength, 'file name', directory.path));
        path = directory.path === '' ? name : `${directory.path}/${name}`;
        try {
          checkNameForm(name, path);
          enterMember(open, name, path, limits.depth);
        } catch (error) {
          throw input.located(error);
        }
        if (input.lacks(NODE.bytes.length)) yield NODE.bytes.length;
        input.expect(NODE, path);
        break;
      }
      ({ path } = directory);
      open.pop();
      token = open.length > 0 ? CLOSE_MEMBER : CLOSE;
      if (input.lacks(token.bytes.length)) yield token.bytes.length;
      input.expect(token, path);
    }
  }
}
