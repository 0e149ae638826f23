/**
 * Rules of encodings that no program of Nix offers as an operation, so that the kit has no case for them:
 * the serialised primitives under archives and export streams. Further rules with tests of their own:
 * output paths of derivations in test/derivation and test/oracle/derivations, modes of key files in
 * test/node/key-file, answers to a cache without nix-cache-info in test/cache and test/handler.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect } from 'narkit';
import { type ExportInfo, readExport, writeExport } from 'narkit/nar';
import { parseBaseName } from 'narkit/store-path';

const A = parseBaseName('8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt');
const B = parseBaseName('066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt');
const MAGIC = Buffer.from('NIXE\0\0\0\0');

async function exported(info: ExportInfo): Promise<Buffer> {
  const body = Buffer.from('x');
  const entries = [{ type: 'regular', path: '', executable: false, size: 1, body } as const];
  return Buffer.from(await collect(writeExport([{ entries, info: () => info }])));
}

async function read(bytes: Uint8Array): Promise<ExportInfo[]> {
  const infos: ExportInfo[] = [];
  for await (const object of readExport(bytes)) infos.push(await object.info());
  return infos;
}

/** The stream of one object with two references, with a change behind the archive. */
async function changed(change: (metadata: Buffer) => void = () => {}): Promise<Buffer> {
  const bytes = await exported({ storePath: A, references: [A, B] });
  const metadata = bytes.subarray(bytes.indexOf(MAGIC));
  change(metadata);
  return bytes;
}

describe('serialised primitives', () => {
  it('integer: 64 bits, little endian', async () => {
    const bytes = await exported({ storePath: A, references: [] });
    assert.equal(bytes.readBigUInt64LE(0), 1n);
    assert.equal(bytes.readBigUInt64LE(8), BigInt('nix-archive-1'.length));
    assert.deepEqual(bytes.subarray(8, 16), Buffer.from([13, 0, 0, 0, 0, 0, 0, 0]));
  });

  it('integer: one that does not fit is refused', async () => {
    await assert.rejects(read(await changed((m) => m.writeUInt8(0x80, 15))), { name: 'NarError' });
    await assert.rejects(read(await changed((m) => m.writeUInt8(1, 14))), { name: 'NarError' });
  });

  it('boolean: 0 or 1', async () => {
    const bytes = await exported({ storePath: A, references: [] });
    // Whether another object follows: no.
    assert.deepEqual(bytes.subarray(-8), Buffer.alloc(8));
    assert.equal((await read(bytes)).length, 1);
  });

  it('string: its length, its bytes, zeros up to the next multiple of 8', async () => {
    const path = `/nix/store/${A}`;
    const expected = Buffer.alloc(8 + Math.ceil(path.length / 8) * 8);
    expected.writeBigUInt64LE(BigInt(path.length));
    expected.write(path, 8);
    const bytes = await changed();
    const at = bytes.indexOf(MAGIC) + 8;
    assert.ok(path.length % 8 !== 0);
    assert.deepEqual(bytes.subarray(at, at + expected.length), expected);
  });

  it('string: padding that is not zero is refused', async () => {
    const end = 16 + `/nix/store/${A}`.length;
    assert.equal((await read(await changed())).length, 1);
    await assert.rejects(read(await changed((m) => m.writeUInt8(1, end))), { name: 'NarError' });
  });

  it('list: its count, then each', async () => {
    const bytes = await changed();
    const at = bytes.indexOf(MAGIC) + 16 + Math.ceil(`/nix/store/${A}`.length / 8) * 8;
    assert.equal(bytes.readBigUInt64LE(at), 2n);
    assert.equal(bytes.subarray(at + 16).indexOf(`/nix/store/${B}`), 0, 'sorted');
    assert.deepEqual((await read(bytes))[0]?.references, [B, A]);
    const more = Buffer.from(bytes);
    more.writeBigUInt64LE(3n, at);
    await assert.rejects(read(more), { name: 'NarError' });
  });
});
