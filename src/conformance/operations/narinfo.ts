/**
 * The operations of the topic `narinfo` by narkit.
 *
 * @module
 */
import { BinaryCache } from '../../cache/binary-cache.ts';
import { narInfoKey } from '../../cache/layout.ts';
import { printHash } from '../../hash/hash.ts';
import { parseNarInfo } from '../../narinfo/parse.ts';
import type { NarInfo } from '../../narinfo/path-info.ts';
import { printNarInfo } from '../../narinfo/print.ts';
import { printSignature } from '../../signature/signature.ts';
import { MemoryStore } from '../../store/memory.ts';
import { printContentAddress } from '../../store-path/content-address.ts';
import { parseStorePath } from '../../store-path/store-path.ts';
import type { ConformanceOperations } from '../operations.ts';
import type { Json } from '../suite.ts';

function jsonOf(info: NarInfo): Json {
  return {
    storePath: info.storePath,
    url: info.url,
    compression: info.compression,
    ...(info.fileHash === undefined ? {} : { fileHash: printHash(info.fileHash, 'sri') }),
    ...(info.fileSize === undefined ? {} : { fileSize: String(info.fileSize) }),
    narHash: printHash(info.narHash, 'sri'),
    narSize: String(info.narSize),
    references: info.references,
    ...(info.deriver === undefined ? {} : { deriver: info.deriver }),
    signatures: [...new Set(info.signatures.map(printSignature))].sort(),
    ...(info.ca === undefined ? {} : { ca: printContentAddress(info.ca) }),
  };
}

/** `parse` by `parseNarInfo`, `rewrite` by that and `printNarInfo`, `find` by `BinaryCache`. */
export const narinfoOperations: ConformanceOperations = {
  parse: ({ text, storeDir }) => jsonOf(parseNarInfo(text as string, { storeDir: storeDir as string })),
  rewrite: ({ text, storeDir }) =>
    printNarInfo(parseNarInfo(text as string, { storeDir: storeDir as string }), {
      storeDir: storeDir as string,
    }),
  find: async ({ text, storeDir, path }) => {
    const store = new MemoryStore();
    const storePath = parseStorePath(path as string, { storeDir: storeDir as string });
    await store.put(narInfoKey(storePath), new TextEncoder().encode(text as string));
    const info = await new BinaryCache(store, { storeDir: storeDir as string }).narInfo(storePath);
    return info === undefined ? null : jsonOf(info);
  },
};
