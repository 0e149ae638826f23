/**
 * Writing export streams (nar.md section 9).
 *
 * @module
 */
import { concatBytes, utf8 } from '../bytes/bytes.ts';
import { checkOptions } from '../options.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, printStorePath } from '../store-path/store-path.ts';
import type { ExportInfo, ExportObject } from './export.ts';
import { EXPORT_MAGIC } from './export.ts';
import { encodeString } from './token.ts';
import { writeNar } from './write.ts';

/** Bytes per chunk: most objects are small, and who collects the chunks keeps their buffers. */
const CHUNK_SIZE = 65_536;

/** Options of {@link writeExport}. */
export interface WriteExportOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/**
 * Serialises store objects as an export stream: the bytes of `nix-store --export`.
 *
 * Give references before what refers to them (`topologicalOrder`), or Nix refuses the import; what the
 * receiving store has already need not be in the stream. Nothing in the stream is signed, so
 * `nix-store --import` takes it only from users that its store trusts.
 *
 * @throws NarError as `writeNar`.
 *
 * @example
 * ```ts
 * import { collect, parseStorePath } from 'narkit';
 * import { writeExport } from 'narkit/nar';
 *
 * const body = new TextEncoder().encode('hello\n');
 * const storePath = parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt');
 * const object = {
 *   entries: [{ type: 'regular', path: '', executable: false, size: 6, body } as const],
 *   info: () => ({ storePath, references: [] }),
 * };
 * console.log((await collect(writeExport([object]))).length); // 232
 * ```
 */
export async function* writeExport(
  objects: AsyncIterable<ExportObject> | Iterable<ExportObject>,
  options: WriteExportOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  checkOptions('writeExport', options, ['storeDir']);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  for await (const object of objects) {
    yield uint64(1);
    yield* writeNar(object.entries, { chunkSize: CHUNK_SIZE });
    yield metadata(await object.info(), storeDir);
  }
  yield uint64(0);
}

function metadata(info: ExportInfo, storeDir: StoreDir): Uint8Array {
  const references = [...new Set(info.references)].sort();
  const texts = references.map((path) => printStorePath(path, storeDir));
  return concatBytes([
    uint64(EXPORT_MAGIC),
    encodeString(utf8(printStorePath(info.storePath, storeDir))),
    uint64(texts.length),
    ...texts.map((text) => encodeString(utf8(text))),
    encodeString(utf8(info.deriver === undefined ? '' : printStorePath(info.deriver, storeDir))),
    uint64(0), // no signature
  ]);
}

function uint64(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true);
  return out;
}
