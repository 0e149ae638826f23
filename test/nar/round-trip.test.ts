import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../../src/bytes/stream.ts';
import { hashBytes } from '../../src/hash/hash-source.ts';
import { encodeNix32 } from '../../src/hash/nix32.ts';
import { readNar } from '../../src/nar/read.ts';
import { writeNar } from '../../src/nar/write.ts';
import { cut, cuts, dir, entriesOf, file, link, nar, read, readAll, T, type Tree, trees } from './trees.ts';

const write = async (tree: Tree): Promise<Buffer> => Buffer.from(await collect(writeNar(entriesOf(tree))));

/** nar.md section 7. */
const VECTORS: [string, Tree, number, string][] = [
  ['file', file('hello\n'), 120, '04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw'],
  ['empty file', file(''), 112, '0ip26j2h11n1kgkz36rl4akv694yz65hr72q4kv4b3lxcbi65b3p'],
  ['executable', file('#!/bin/sh\n', true), 160, '0m35wabrvlzjvv71f2xvca3vd91gh9mwvh4mm38h7yb0h9kc30v2'],
  ['symlink', link('target'), 120, '0x67g3311ihxwarw846p2jc8wbxmv9bd8ryh7qjpp6d8yb56536b'],
  ['empty directory', dir(), 96, '0sjjj9z1dhilhpc8pq4154czrb79z9cm044jvn75kxcjv6v5l2m5'],
  ['directory T', T, 1064, '111q1829jzfnv2fbd0nlwaxk9rmz1kpds2k43g9260ldh1i6qk2v'],
  [
    'mydir of store-path.md section 4',
    dir({
      empty: file(''),
      link: link('sub/file'),
      'run.sh': file('#!/bin/sh\necho hi\n', true),
      sub: dir({ file: file('data') }),
    }),
    1072,
    '002xi6w911sz4cczkgchgdmqg8w8jax5w5jcfl7lji9lp8k8r4br',
  ],
];

for (const [what, tree, size, hash] of VECTORS) {
  test(`section 7: ${what}: the bytes of nix-store --dump, both ways`, async () => {
    const bytes = await write(tree);
    assert.equal(bytes.length, size);
    assert.equal(encodeNix32(hashBytes('sha256', bytes).digest), hash);
    assert.deepEqual(await collect(writeNar(readNar(bytes))), new Uint8Array(bytes));
  });
}

test('section 7: base64 of four of them', async () => {
  for (const [tree, base64] of [
    [
      file('hello\n'),
      'DQAAAAAAAABuaXgtYXJjaGl2ZS0xAAAAAQAAAAAAAAAoAAAAAAAAAAQAAAAAAAAAdHlwZQAAAAAHAAAAAAAAAHJlZ3VsYXIACAAAAAAAAABjb250ZW50cwYAAAAAAAAAaGVsbG8KAAABAAAAAAAAACkAAAAAAAAA',
    ],
    [
      file('#!/bin/sh\n', true),
      'DQAAAAAAAABuaXgtYXJjaGl2ZS0xAAAAAQAAAAAAAAAoAAAAAAAAAAQAAAAAAAAAdHlwZQAAAAAHAAAAAAAAAHJlZ3VsYXIACgAAAAAAAABleGVjdXRhYmxlAAAAAAAAAAAAAAAAAAAIAAAAAAAAAGNvbnRlbnRzCgAAAAAAAAAjIS9iaW4vc2gKAAAAAAAAAQAAAAAAAAApAAAAAAAAAA==',
    ],
    [
      link('target'),
      'DQAAAAAAAABuaXgtYXJjaGl2ZS0xAAAAAQAAAAAAAAAoAAAAAAAAAAQAAAAAAAAAdHlwZQAAAAAHAAAAAAAAAHN5bWxpbmsABgAAAAAAAAB0YXJnZXQAAAYAAAAAAAAAdGFyZ2V0AAABAAAAAAAAACkAAAAAAAAA',
    ],
    [
      dir(),
      'DQAAAAAAAABuaXgtYXJjaGl2ZS0xAAAAAQAAAAAAAAAoAAAAAAAAAAQAAAAAAAAAdHlwZQAAAAAJAAAAAAAAAGRpcmVjdG9yeQAAAAAAAAABAAAAAAAAACkAAAAAAAAA',
    ],
  ] as const) {
    assert.equal((await write(tree)).toString('base64'), base64);
  }
});

test('law: writeNar agrees with the grammar, and readNar gives the tree back', async () => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const bytes = nar(tree);
      assert.deepEqual(await write(tree), bytes);
      const expected = await readAll(entriesOf(tree));
      const got = (await read(bytes)).map((entry) => {
        if (entry.type !== 'regular') return entry;
        const { narOffset, ...rest } = entry;
        assert.ok(narOffset !== undefined);
        assert.deepEqual(bytes.subarray(narOffset, narOffset + entry.content.length), entry.content);
        return rest;
      });
      assert.deepEqual(got, expected);
    }),
    { numRuns: 200 },
  );
});

test('law: writeNar(readNar(x)) = x, however x is cut and whether bodies are whole or streamed', async () => {
  await fc.assert(
    fc.asyncProperty(trees, cuts, fc.nat(20), async (tree, sizes, inlineSize) => {
      const bytes = nar(tree);
      const again = await collect(writeNar(readNar(cut(bytes, sizes), { inlineSize }), { chunkSize: 4096 }));
      assert.deepEqual(Buffer.from(again), bytes);
    }),
    { numRuns: 200 },
  );
});

test('law: one byte at a time', async () => {
  for (const [, tree] of VECTORS) {
    const bytes = nar(tree);
    for (const inlineSize of [0, 65_536]) {
      assert.deepEqual(Buffer.from(await collect(writeNar(readNar(cut(bytes, [1]), { inlineSize })))), bytes);
    }
  }
});

test('wide, deep and large: 5,000 files, 63 levels, contents beyond every buffer', async () => {
  const wide = dir(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, file(`${i}`)])));
  let deep = file('x');
  for (let i = 0; i < 63; i++) deep = dir({ d: deep });
  const large = Buffer.from(Uint8Array.from({ length: 700_001 }, (_, i) => i * 7));
  for (const tree of [
    wide,
    deep,
    dir({ a: file(large), b: file(large.subarray(0, 65_536)), c: file('c') }),
  ]) {
    const bytes = nar(tree);
    assert.ok(bytes.equals(await write(tree)));
    for (const size of [997, 65_536, bytes.length]) {
      assert.ok(bytes.equals(await collect(writeNar(readNar(cut(bytes, [size]))))));
    }
  }
});
