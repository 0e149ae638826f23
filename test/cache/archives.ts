/** A NAR in many frames, stored rightly or wrongly, and stores that misbehave. */
import assert from 'node:assert/strict';
import { BinaryCache, type OpenArchiveOptions, openArchive } from 'narkit/cache';
import { type Decoder, none } from 'narkit/codec';
import { createHandler } from 'narkit/handler';
import { type NarArchive, narListing, readNar } from 'narkit/nar';
import type { NarInfo } from 'narkit/narinfo';
import { nodeCodecs } from 'narkit/node';
import { HttpStore, MemoryStore, type ReadableStore, type StoredObject } from 'narkit/store';
import { through } from '../codec/laws.ts';
import { FRAME, framed, narOf, publishNar, sampleFiles } from '../support/archive.ts';

export const files = sampleFiles();
export const nar = await narOf(files);
export const listing = await narListing(readNar(nar));
export const framedFile = Buffer.from(await through(framed.compress, nar));
export const FRAMES = Math.ceil(nar.length / FRAME);
export const TABLE = 8 + 8 * FRAMES + 9;

/** The sample, stored as `file`; the narinfo says how large that is. */
export async function stored(
  file: Uint8Array,
  change: Partial<NarInfo> = {},
): Promise<{ store: MemoryStore; info: NarInfo }> {
  const store = new MemoryStore();
  const info = await publishNar(store, nar, none);
  await store.put('nar/x', file);
  return { store, info: { ...info, url: 'nar/x', compression: 'zstd', fileSize: file.length, ...change } };
}

export async function open(
  { store, info }: { store: ReadableStore; info: NarInfo },
  options: OpenArchiveOptions = {},
  decoders: readonly Decoder[] = nodeCodecs,
): Promise<NarArchive> {
  return (await openArchive(new BinaryCache(store, { decoders }), info, options)) ?? assert.fail();
}

/** The sample's file with its seek table changed. */
export function withTable(change: (table: Buffer) => void): Buffer {
  const file = Buffer.from(framedFile);
  change(file.subarray(-TABLE));
  return file;
}

export function withoutFileSize({ fileSize: _, ...info }: NarInfo): NarInfo {
  return info;
}

/** A store whose objects are changed on their way out. */
export function changing(
  store: ReadableStore,
  change: (object: StoredObject) => Partial<StoredObject>,
): ReadableStore {
  return {
    name: store.name,
    head: (key, options) => store.head(key, options),
    async get(key, options) {
      const object = await store.get(key, options);
      return object && { ...object, ...change(object) };
    },
  };
}

export async function assertSample(archive: NarArchive): Promise<void> {
  for (const name of ['f000', 'f150', 'f299'])
    assert.deepEqual(await archive.readBytes(name), files.get(name));
}

/** A server that answers ranges, but for the first `some`, with the whole object. */
export const rangeless = (store: ReadableStore, some = 0): HttpStore => {
  const handler = createHandler(store);
  let left = some;
  const fetch = (request: Request): Promise<Response> => {
    const headers = new Headers(request.headers);
    if (headers.has('range') && left-- <= 0) headers.delete('range');
    return handler(new Request(request.url, { headers }));
  };
  return new HttpStore('http://cache.invalid', { fetch });
};
