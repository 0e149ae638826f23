/**
 * Export streams (nar.md section 9): what `nix-store --export` writes and `nix-store --import` takes,
 * several store objects with their references in one stream.
 *
 * @module
 */
import { ByteReader } from '../bytes/byte-reader.ts';
import { toDisplay } from '../bytes/bytes.ts';
import type { ByteSource } from '../bytes/stream.ts';
import { NarError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, parseStorePath } from '../store-path/store-path.ts';
import type { NarEntry } from './entry.ts';
import { NarInput } from './input.ts';
import type { NarLimits } from './limits.ts';
import { narLimits } from './limits.ts';
import { entriesOf, INLINE_SIZE } from './read.ts';
import { runSteps } from './stepped.ts';
import { padding } from './token.ts';

/** What stands between an object's NAR and its metadata: `NIXE`. */
export const EXPORT_MAGIC = 0x4558494e;

/** Bytes of a full store path; the longest path of a file on Linux. */
const PATH_LIMIT = 4096;
/** Far above what a store object has; they are held together. */
const REFERENCES_LIMIT = 1_048_576;
/** Names the metadata in errors, where a path inside the NAR stands otherwise. */
const METADATA = 'metadata of the export';

/** All that an export stream says of a store object; a `PathInfo` has it too. */
export interface ExportInfo {
  readonly storePath: StorePath;
  readonly references: readonly StorePath[];
  readonly deriver?: StorePath;
}

/** One store object of an export stream. */
export interface ExportObject {
  /** The file tree. When it comes from a stream: to be read once, before `info()` and the next object. */
  readonly entries: AsyncIterable<NarEntry> | Iterable<NarEntry>;
  /** Whose tree it is. The stream says it behind the tree: entries not read by then are skipped. */
  info(): ExportInfo | Promise<ExportInfo>;
}

/** An object that {@link readExport} found. */
export interface ExportedObject extends ExportObject {
  readonly entries: AsyncIterable<NarEntry>;
  info(): Promise<ExportInfo>;
}

/** Options of {@link readExport}. */
export interface ReadExportOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /**
   * Contents up to this many bytes come as one `Uint8Array`; larger ones as a stream.
   * @default 65536
   */
  inlineSize?: number;
  /**
   * Bounds of the trees other than the newest Nix's.
   * @default NAR_LIMITS
   */
  limits?: Partial<NarLimits>;
}

/**
 * The objects of an export stream, in order: references come first. The bytes pass once, and what was
 * not read of an object is skipped when the next is asked for.
 *
 * The stream carries neither hashes nor signatures: trust it as far as where it comes from, or compare
 * the NARs with path infos that you trust. Unlike Nix, which leaves what follows the end unread, this
 * refuses it: two streams joined would lose the second.
 *
 * @throws NarError `ERR_NAR_SYNTAX` for wrong markers, magic or store paths (those of another
 *   `storeDir` too); otherwise as `readNar`. Offsets in errors are those of the stream.
 *
 * @example
 * ```ts
 * import { parseStorePath } from 'narkit';
 * import { readExport, writeExport } from 'narkit/nar';
 *
 * const storePath = parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt');
 * const stream = writeExport([
 *   { entries: [{ type: 'symlink', path: '', target: 'b' }], info: () => ({ storePath, references: [] }) },
 * ]);
 * for await (const object of readExport(stream)) {
 *   for await (const entry of object.entries) console.log(entry.type); // symlink
 *   console.log((await object.info()).storePath); // 8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt
 * }
 * ```
 */
export async function* readExport(
  source: ByteSource,
  options: ReadExportOptions = {},
): AsyncGenerator<ExportedObject, void, undefined> {
  checkOptions('readExport', options, ['storeDir', 'inlineSize', 'limits']);
  const { inlineSize = INLINE_SIZE } = options;
  const limits = narLimits('readExport', options.limits);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  const reader = new ByteReader(source);
  const input = new NarInput(reader);
  try {
    while (await runSteps(reader, marker(input))) {
      const nar = entriesOf(() => ({ reader, inlineSize, limits, whole: false }));
      const object = new Incoming(nar, () => runSteps(reader, infoOf(input, storeDir)));
      yield object;
      await object.info();
    }
    await reader.fill(1);
    input.end();
  } finally {
    await reader.cancel();
  }
}

/** An object whose bytes are just passing. */
class Incoming implements ExportedObject {
  readonly entries: AsyncIterable<NarEntry>;
  readonly #nar: AsyncIterator<NarEntry>;
  readonly #readInfo: () => Promise<ExportInfo>;
  #opened = false;
  #failure: { reason: unknown } | undefined;
  #info: Promise<ExportInfo> | undefined;

  constructor(nar: AsyncIterator<NarEntry>, read: () => Promise<ExportInfo>) {
    this.#nar = nar;
    this.#readInfo = read;
    this.entries = { [Symbol.asyncIterator]: () => this.#open() };
  }

  async info(): Promise<ExportInfo> {
    this.#info ??= this.#finish();
    return await this.#info;
  }

  /** Without `return`: who leaves the loop early has not spoiled the stream, the rest is skipped. */
  #open(): AsyncIterator<NarEntry> {
    if (this.#opened) throw new TypeError('the entries of an exported object can be read only once');
    this.#opened = true;
    return {
      next: async () => {
        if (this.#info !== undefined)
          throw new TypeError('entries of an exported object were read after its info or the next object');
        return await this.#next();
      },
    };
  }

  async #next(): Promise<IteratorResult<NarEntry>> {
    try {
      return await this.#nar.next();
    } catch (reason) {
      this.#failure = { reason };
      throw reason;
    }
  }

  async #finish(): Promise<ExportInfo> {
    // Where a NAR is broken, nothing behind it can be found.
    if (this.#failure !== undefined) throw this.#failure.reason;
    while (!(await this.#next()).done);
    return await this.#readInfo();
  }
}

/** Whether another object follows. */
function* marker(input: NarInput): Generator<number, boolean, undefined> {
  const { offset } = input;
  const value = yield* uint64(input);
  if (value !== 0 && value !== 1)
    throw bad('the marker of an object or of the end is expected: this is no export stream', offset);
  return value === 1;
}

function* infoOf(input: NarInput, storeDir: StoreDir): Generator<number, ExportInfo, undefined> {
  const start = input.offset;
  if ((yield* uint64(input)) !== EXPORT_MAGIC) throw bad('the magic number behind the NAR is wrong', start);
  const parse = (path: string, offset: number): StorePath => {
    try {
      return parseStorePath(path, { storeDir });
    } catch (cause) {
      throw bad((cause as Error).message, offset, cause);
    }
  };

  let { offset } = input;
  const storePath = parse(yield* text(input, 'a store path'), offset);
  offset = input.offset;
  const count = yield* uint64(input);
  if (count > REFERENCES_LIMIT) {
    throw new NarError(
      'ERR_NAR_LIMIT',
      `${storePath} claims ${count} references at offset ${offset}; the limit is ${REFERENCES_LIMIT}`,
      { offset },
    );
  }
  const references = new Set<StorePath>();
  for (let i = 0; i < count; i++) {
    offset = input.offset;
    references.add(parse(yield* text(input, 'a reference'), offset));
  }
  offset = input.offset;
  const deriver = yield* text(input, 'a deriver');
  const info = {
    storePath,
    references: [...references].sort(),
    ...(deriver === '' ? {} : { deriver: parse(deriver, offset) }),
  };
  yield* skipSignature(input);
  return info;
}

/** The number is 1 where a signature of long ago follows; as in Nix, other small ones mean nothing. */
function* skipSignature(input: NarInput): Generator<number, void, undefined> {
  const { offset } = input;
  const legacy = yield* uint64(input);
  if (legacy > 0xffff_ffff) throw bad('the number before a signature is above 2^32-1', offset);
  if (legacy !== 1) return;
  if (input.lacks(8)) yield 8;
  const size = input.size(METADATA);
  yield* input.skip(input.body(size, METADATA), METADATA);
  if (input.lacks(padding(size))) yield padding(size);
  input.padding(size, METADATA);
}

function* uint64(input: NarInput): Generator<number, number, undefined> {
  if (input.lacks(8)) yield 8;
  return input.uint64(METADATA);
}

function* text(input: NarInput, what: string): Generator<number, string, undefined> {
  return toDisplay(yield* input.string(PATH_LIMIT, what, METADATA));
}

function bad(why: string, offset: number, cause?: unknown): NarError {
  return new NarError('ERR_NAR_SYNTAX', `export stream, offset ${offset}: ${why}`, { offset, cause });
}
