/**
 * A path of many files, large enough for many frames, and what reading single files of it must cost.
 */
import assert from 'node:assert/strict';
import { collect } from 'narkit';
import { BinaryCache, openArchive } from 'narkit/cache';
import type { Codec } from 'narkit/codec';
import { hashBytes } from 'narkit/hash';
import { type NarArchive, type NarEntry, writeNar } from 'narkit/nar';
import type { NarInfo } from 'narkit/narinfo';
import { nodeCodecs, zstdCodec } from 'narkit/node';
import { publish } from 'narkit/publish';
import type { ReadableStore, WritableStore } from 'narkit/store';
import { text } from '../codec/laws.ts';
import { type CountedGet, CountedStore } from './counted-store.ts';
import { pathOf } from './infos.ts';

/** Content of a frame, in bytes. */
export const FRAME = 50_000;
export const framed: Codec = zstdCodec({ frameSize: FRAME, level: 1 });

/** About 3 MB in 300 files, some of them larger than three frames. */
export function sampleFiles(): Map<string, Uint8Array> {
  const all = text(200_000);
  const files = new Map<string, Uint8Array>();
  for (let i = 0; i < 300; i++) {
    const size = i % 100 === 50 ? 170_000 : 10_000 - i;
    files.set(`f${String(i).padStart(3, '0')}`, all.slice(i * 7, i * 7 + size));
  }
  return files;
}

export async function narOf(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const entries: NarEntry[] = [{ type: 'directory', path: '' }];
  for (const [path, body] of files)
    entries.push({ type: 'regular', path, executable: false, size: body.length, body });
  return await collect(writeNar(entries));
}

/** Publishes a NAR with its listing. */
export async function publishNar(store: WritableStore, nar: Uint8Array, codec: Codec): Promise<NarInfo> {
  const cache = new BinaryCache(store, { decoders: nodeCodecs });
  const storePath = pathOf('archive');
  const narHash = hashBytes('sha256', nar);
  const info = { storePath, narHash, narSize: nar.length, references: [], signatures: [] };
  await publish(cache, [info], { nar: () => nar, codec, listing: true, allowUnsigned: true });
  return (await cache.narInfo(storePath)) ?? assert.fail();
}

/** Opens the archive of a published NAR through a store that counts. */
export async function openCounted(
  store: ReadableStore,
  info: NarInfo,
): Promise<{ archive: NarArchive; counted: CountedStore; opening: CountedGet[] }> {
  const counted = new CountedStore(store);
  const cache = new BinaryCache(counted, { decoders: nodeCodecs });
  const archive = (await openArchive(cache, info)) ?? assert.fail();
  return { archive, counted, opening: counted.take() };
}

/** Single files of a published NAR, by ranges: by how many, and of how many bytes. */
export async function assertSeekable(store: WritableStore): Promise<void> {
  const files = sampleFiles();
  const nar = await narOf(files);
  const info = await publishNar(store, nar, framed);
  const { archive, counted, opening } = await openCounted(store, info);
  assert.deepEqual(
    opening.map(({ key }) => key.slice(-3)),
    ['.ls', 'zst'],
  );
  assert.ok(opening[1]?.range !== undefined && opening[1].bytes <= 65_536);
  for (const name of ['f007', 'f050', 'f299', 'f000']) {
    const file = files.get(name) ?? assert.fail();
    assert.deepEqual(await archive.readBytes(name), file);
    const gets = counted.take();
    assert.equal(gets.length, 1, 'one request for the frames');
    // What it lies in, and no frame more.
    const most = (Math.ceil(file.length / FRAME) + 1) * FRAME;
    assert.ok(gets[0]?.range !== undefined && (gets[0].bytes ?? 0) < most, `${gets[0]?.bytes}`);
  }
  const part = await archive.readBytes('f150', { offset: 60_001, length: 50_000 });
  assert.deepEqual(part, files.get('f150')?.subarray(60_001, 110_001));
  assert.equal(counted.take().length, 1);
  assert.equal(await archive.readBytes('nothing'), undefined);
  assert.equal(counted.take().length, 0);
}
