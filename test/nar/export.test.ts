import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collect, isNarkitError, type StorePath } from 'narkit';
import {
  type ExportedObject,
  type ExportInfo,
  type ExportObject,
  readExport,
  readNar,
  writeExport,
} from 'narkit/nar';
import { storePaths } from '../narinfo/arbitraries.ts';
import { A_PATH, B_PATH } from '../narinfo/vectors.ts';
import { file, link, nar, str, type Tree, trees, u64 } from './trees.ts';

const [A, B] = [A_PATH.slice(11) as StorePath, B_PATH.slice(11) as StorePath];
const MAGIC = u64(0x4558494e);

/** The grammar of section 9, word by word. */
function object(tree: Tree, path: string, references: string[] = [], deriver = ''): Buffer {
  return Buffer.concat([
    ...[u64(1), nar(tree), MAGIC, str(path), u64(references.length), ...references.map((text) => str(text))],
    ...[str(deriver), u64(0)],
  ]);
}
const stream = (...objects: Buffer[]): Buffer => Buffer.concat([...objects, u64(0)]);

const given = (tree: Tree, info: ExportInfo): ExportObject => ({
  entries: readNar(nar(tree)),
  info: () => info,
});
/** Bytes in chunks of one size: tokens, numbers and bodies all get cut. */
function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function infos(source: Uint8Array | Iterable<Uint8Array>): Promise<ExportInfo[]> {
  const found: ExportInfo[] = [];
  for await (const each of readExport(source)) found.push(await each.info());
  return found;
}
const fails = async (bytes: Uint8Array, code: string, offset?: number): Promise<void> => {
  await assert.rejects(infos(bytes), (err) => {
    assert.ok(isNarkitError(err), String(err));
    assert.deepEqual([err.name, err.code], ['NarError', code]);
    if (offset !== undefined) assert.equal((err as { offset?: number }).offset, offset);
    return true;
  });
};

const two = stream(
  object(file('hello\n'), A_PATH),
  object(file(`${A_PATH}\n`), B_PATH, [A_PATH], `${B_PATH}.drv`),
);

test('section 9: an empty stream is eight zero bytes', async () => {
  assert.deepEqual(Buffer.from(await collect(writeExport([]))), u64(0));
  assert.deepEqual(await infos(u64(0)), []);
});

test('section 9: objects with references and deriver, both ways', async () => {
  const first: ExportInfo = { storePath: A, references: [] };
  const second: ExportInfo = { storePath: B, references: [A], deriver: `${B}.drv` as StorePath };
  assert.deepEqual(await infos(two), [first, second]);
  const written = await collect(
    writeExport([given(file('hello\n'), first), given(file(`${A_PATH}\n`), second)]),
  );
  assert.deepEqual(Buffer.from(written), two);
});

test('section 9: the vector of a.txt and b.txt has 568 bytes', async () => {
  const a = given(file('hello\n'), { storePath: A, references: [] });
  const b = given(file(`${A_PATH}\n`), { storePath: B, references: [A] });
  assert.equal((await collect(writeExport([a, b]))).length, 568);
});

test('references are written sorted and each once, and read so', async () => {
  const written = await collect(writeExport([given(file('x'), { storePath: A, references: [A, B, A] })]));
  assert.deepEqual(Buffer.from(written), stream(object(file('x'), A_PATH, [B_PATH, A_PATH])));
  assert.deepEqual(await infos(stream(object(file('x'), A_PATH, [A_PATH, B_PATH, A_PATH]))), [
    { storePath: A, references: [B, A] },
  ]);
});

test('another store directory', async () => {
  const bytes = Buffer.from(
    await collect(
      writeExport([given(file('x'), { storePath: A, references: [B], deriver: B })], { storeDir: '/gnu' }),
    ),
  );
  assert.deepEqual(bytes, stream(object(file('x'), `/gnu/${A}`, [`/gnu/${B}`], `/gnu/${B}`)));
  for await (const each of readExport(bytes, { storeDir: '/gnu' }))
    assert.equal((await each.info()).deriver, B);
  await fails(bytes, 'ERR_NAR_SYNTAX');
});

test('law: written and read again, under any chunking, whatever is read of each object', async () => {
  const objects = fc.array(
    fc.tuple(trees, fc.record({ storePath: storePaths, references: fc.array(storePaths, { maxLength: 3 }) })),
    { maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(objects, fc.integer({ min: 1, max: 700 }), fc.nat(5), async (list, size, most) => {
      const bytes = await collect(writeExport(list.map(([tree, info]) => given(tree, info))));
      assert.deepEqual(await collect(writeExport(readExport(cut(bytes, size), { inlineSize: 16 }))), bytes);
      const paths: string[] = [];
      for await (const each of readExport(cut(bytes, size), { inlineSize: 16 })) {
        let left = most;
        if (left > 0) for await (const _ of each.entries) if (--left === 0) break;
        paths.push((await each.info()).storePath);
      }
      assert.deepEqual(
        paths,
        list.map(([, info]) => info.storePath),
      );
    }),
    { numRuns: 60 },
  );
});

test('offsets of contents count from the beginning of each NAR', async () => {
  const offsets: unknown[] = [];
  for await (const each of readExport(two)) {
    for await (const entry of each.entries) if (entry.type === 'regular') offsets.push(entry.narOffset);
  }
  assert.deepEqual(offsets, [96, 96]);
});

test('section 9: a legacy signature is passed over; what Nix ignores is ignored', async () => {
  const plain = object(link('t'), A_PATH);
  const body = plain.subarray(0, -8);
  const expected = [{ storePath: A, references: [] }];
  assert.deepEqual(await infos(stream(Buffer.concat([body, u64(1), str('-----BEGIN')]))), expected);
  assert.deepEqual(await infos(stream(Buffer.concat([body, u64(2)]))), expected);
  await fails(stream(Buffer.concat([body, u64(2 ** 33)])), 'ERR_NAR_SYNTAX', body.length);
  await fails(Buffer.concat([body, u64(1), u64(2 ** 62)]), 'ERR_NAR_LIMIT');
  await fails(stream(Buffer.concat([body, u64(1), u64(1), Buffer.from('a1234567')])), 'ERR_NAR_SYNTAX');
});

test('section 9: wrong markers, magic, paths and counts are refused with their offset', async () => {
  const tree = nar(file('x'));
  const after = 8 + tree.length;
  await fails(u64(2), 'ERR_NAR_SYNTAX', 0);
  await fails(tree, 'ERR_NAR_SYNTAX', 0);
  await fails(Buffer.concat([object(file('x'), A_PATH), u64(7)]), 'ERR_NAR_SYNTAX');
  await fails(Buffer.concat([u64(1), tree, u64(0x4558494f)]), 'ERR_NAR_SYNTAX', after);
  const head = Buffer.concat([u64(1), tree, MAGIC]);
  await fails(Buffer.concat([head, str('/nix/store/nonsense')]), 'ERR_NAR_SYNTAX', after + 8);
  await fails(Buffer.concat([head, str(A)]), 'ERR_NAR_SYNTAX', after + 8);
  await fails(Buffer.concat([head, u64(2 ** 62)]), 'ERR_NAR_LIMIT', after + 8);
  const path = Buffer.concat([head, str(A_PATH)]);
  await fails(Buffer.concat([path, u64(2 ** 62)]), 'ERR_NAR_LIMIT', path.length);
  await fails(Buffer.concat([path, u64(1), str('')]), 'ERR_NAR_SYNTAX', path.length + 8);
  await fails(Buffer.concat([path, u64(0), str('x')]), 'ERR_NAR_SYNTAX', path.length + 8);
});

test('a stream cut anywhere is truncated; nothing may follow its end', async () => {
  for (let length = 0; length < two.length; length++)
    await fails(two.subarray(0, length), 'ERR_NAR_TRUNCATED');
  await fails(Buffer.concat([two, u64(0)]), 'ERR_NAR_TRAILING', two.length);
});

test('a broken NAR fails the entries, the info and the stream alike', async () => {
  const bytes = Buffer.from(two);
  bytes[8 + 30] = 1;
  const objects = readExport(bytes);
  const { value } = await objects.next();
  assert.ok(value);
  const failure = await collectEntries(value.entries).catch((err: unknown) => err);
  assert.ok(isNarkitError(failure, 'ERR_NAR_SYNTAX'));
  const same = (err: unknown): boolean => err === failure;
  await assert.rejects(value.info(), same);
  await assert.rejects(objects.next(), same);
});

async function collectEntries(entries: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of entries) count++;
  return count;
}

test('an object is read once, and in time', async () => {
  const objects: ExportedObject[] = [];
  for await (const each of readExport(two)) objects.push(each);
  assert.equal(objects.length, 2);
  for (const late of objects) await assert.rejects(collectEntries(late.entries), TypeError);
  assert.equal((await objects[0]?.info())?.storePath, A);
  for await (const each of readExport(two)) {
    assert.equal(await collectEntries(each.entries), 1);
    await assert.rejects(collectEntries(each.entries), TypeError);
  }
});

test('leaving early ends the source, and what is written from it', async () => {
  let ended = 0;
  function* source(): Generator<Uint8Array> {
    try {
      yield* cut(two, 64);
    } finally {
      ended++;
    }
  }
  for await (const _ of readExport(source())) break;
  for await (const _ of writeExport(readExport(source()))) break;
  assert.equal(ended, 2);
});

test('what does not fit the entry fails the writer; unknown options are refused', async () => {
  const entry = { type: 'regular', path: '', executable: false, size: 2, body: new Uint8Array(1) } as const;
  const wrong = writeExport([{ entries: [entry], info: () => ({ storePath: A, references: [] }) }]);
  await assert.rejects(collect(wrong), { code: 'ERR_NAR_SYNTAX' });
  await assert.rejects(collect(writeExport([], { storDir: '/x' } as object)), TypeError);
  await assert.rejects(readExport(two, { storDir: '/x' } as object).next(), TypeError);
});
