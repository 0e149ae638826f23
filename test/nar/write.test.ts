import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../src/bytes/stream.ts';
import type { NarEntries, NarEntry } from '../../src/nar/entry.ts';
import { type WriteNarOptions, writeNar } from '../../src/nar/write.ts';
import { dir, entriesOf, file, link, nar, T } from './trees.ts';

const root: NarEntry = { type: 'directory', path: '' };
const regular = (path: string, body: string | Uint8Array, more: object = {}): NarEntry => {
  const bytes = Buffer.from(body as string);
  return { type: 'regular', path, executable: false, size: bytes.length, body: bytes, ...more };
};
const write = async (entries: NarEntries, options: WriteNarOptions = {}): Promise<Buffer> =>
  Buffer.from(await collect(writeNar(entries, options)));
const syntax = { name: 'NarError', code: 'ERR_NAR_SYNTAX' } as const;
const limit = { name: 'NarError', code: 'ERR_NAR_LIMIT' } as const;

test('entries may be asynchronous, bodies any byte source', async () => {
  const bytes = nar(T);
  async function* asynchronous(): AsyncGenerator<NarEntry> {
    yield* entriesOf(T);
  }
  assert.deepEqual(await write(asynchronous()), bytes);
  assert.deepEqual(await write([...entriesOf(T)]), bytes);
  assert.deepEqual(await write(entriesOf(T, '', (content) => ReadableStream.from([content]))), bytes);
  assert.deepEqual(
    await write(entriesOf(T, '', (content) => [content.subarray(0, 1), content.subarray(1)])),
    bytes,
  );
});

test('refused: order, names, targets', async () => {
  const symlink = (path: string, target: string): NarEntry => ({ type: 'symlink', path, target });
  for (const [what, entries, expected] of [
    ['nothing', [], syntax],
    ['no root', [regular('a', '')], syntax],
    ['two roots', [regular('', ''), regular('', '')], syntax],
    ['unsorted', [root, regular('b', ''), regular('a', '')], syntax],
    ['UTF-16 order', [root, regular('\u{1F600}', ''), regular('\uFFFF', '')], syntax],
    ['twice', [root, regular('a', ''), regular('a', '')], syntax],
    ['below a file', [root, regular('a', ''), regular('a/b', '')], syntax],
    ['parent missing', [root, regular('a/b', '')], syntax],
    ['absolute', [root, regular('/a', '')], syntax],
    ['dot', [root, regular('.', '')], syntax],
    ['NUL', [root, regular('a\0', '')], syntax],
    ['long name', [root, regular('a'.repeat(256), '')], limit],
    ['empty target', [symlink('', '')], syntax],
    ['NUL in target', [symlink('', 'a\0')], syntax],
    ['long target', [symlink('', 'a'.repeat(4096))], limit],
    ['negative size', [regular('', '', { size: -1 })], limit],
    ['fraction', [regular('', '', { size: 1.5 })], limit],
    ['size beyond 2^53', [regular('', '', { size: 2 ** 53 })], limit],
  ] as const) {
    await assert.rejects(write(entries), expected, what);
  }
});

test('an entry of an unknown type is a TypeError, not a directory', async () => {
  await assert.rejects(write([{ type: 'fifo', path: '' } as unknown as NarEntry]), TypeError);
});

test('a body must have the size that was said: no byte less, none more, and none is read beyond', async () => {
  for (const body of [Buffer.from('1234'), [Buffer.from('12'), Buffer.from('34')]]) {
    for (const size of [0, 3, 5]) {
      await assert.rejects(write([regular('', '', { size, body })]), {
        ...syntax,
        path: '',
        message: /bytes/,
      });
    }
    assert.equal((await write([regular('', '', { size: 4, body })])).length, 120);
  }
  let asked = 0;
  function* endless(): Generator<Uint8Array> {
    for (;;) {
      asked++;
      yield new Uint8Array(10);
    }
  }
  await assert.rejects(write([regular('', '', { size: 25, body: endless() })]), syntax);
  assert.equal(asked, 3);
});

test('onEntry comes once per entry, in order, with the offset of the content', async () => {
  const seen: [string, number | undefined][] = [];
  await write(entriesOf(T), { onEntry: (entry, offset) => seen.push([entry.path, offset]) });
  assert.deepEqual(seen, [
    ['', undefined],
    ['B', 232],
    ['a', 456],
    ['sub', undefined],
    ['sub/eight', 784],
    ['sub/l', undefined],
  ]);
});

test('onEntry: offsets are right beyond the first chunk too', async () => {
  const content = Buffer.alloc(100_000, 7);
  const tree = dir({ a: file(content), b: file('b'), c: file(content), d: file('last') });
  const bytes = nar(tree);
  for (const body of [(b: Buffer) => b, (b: Buffer) => [b.subarray(0, 9), b.subarray(9)]]) {
    const offsets: number[] = [];
    await write(entriesOf(tree, '', body), {
      chunkSize: 4096,
      onEntry: (_, offset) => {
        if (offset !== undefined) offsets.push(offset);
      },
    });
    assert.equal(bytes.subarray(offsets[1], (offsets[1] ?? 0) + 1).toString(), 'b');
    assert.equal(bytes.subarray(offsets[3], (offsets[3] ?? 0) + 4).toString(), 'last');
  }
});

test('chunks: of the size asked for, never written to again, none empty', async () => {
  const tree = dir(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, file('x'.repeat(i))])));
  const chunks: Uint8Array[] = [];
  const copies: Buffer[] = [];
  for await (const chunk of writeNar(entriesOf(tree), { chunkSize: 4096 })) {
    chunks.push(chunk);
    copies.push(Buffer.from(chunk));
    assert.ok(chunk.length > 0 && chunk.length <= 4096);
  }
  assert.ok(chunks.length < nar(tree).length / 3000);
  assert.deepEqual(
    chunks.map((chunk) => Buffer.from(chunk)),
    copies,
  );
  assert.deepEqual(Buffer.concat(chunks), nar(tree));
  for (const chunkSize of [0, 4095, 4096.5, Number.NaN])
    await assert.rejects(write([root], { chunkSize }), RangeError);
});

test('an early end ends the entries and the body that is being read', async () => {
  const log: string[] = [];
  function* body(): Generator<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(65_536);
    } finally {
      log.push('body');
    }
  }
  function* entries(): Generator<NarEntry> {
    try {
      yield { type: 'regular', path: '', executable: false, size: 10_000_000, body: body() };
    } finally {
      log.push('entries');
    }
  }
  for await (const _ of writeNar(entries())) break;
  assert.deepEqual(log, ['body', 'entries']);
});

test('an error of the entries or of a body comes through as it is, and ends the entries', async () => {
  const log: string[] = [];
  function* failing(): Generator<Uint8Array> {
    yield Buffer.from('x');
    throw new RangeError('disk');
  }
  function* entries(): Generator<NarEntry> {
    try {
      yield { type: 'regular', path: '', executable: false, size: 2, body: failing() };
    } finally {
      log.push('entries');
    }
  }
  await assert.rejects(write(entries()), { name: 'RangeError', message: 'disk' });
  assert.deepEqual(log, ['entries']);
  function* broken(): Generator<NarEntry> {
    yield root;
    throw new RangeError('walk');
  }
  await assert.rejects(write(broken()), { message: 'walk' });
});

test('names and targets that are no UTF-8 go out as their bytes', async () => {
  const tree = dir({ sub: link(Buffer.from([0x61, 0xff])) });
  assert.ok(tree.type === 'directory');
  tree.members.push([Buffer.from([0xff, 0xfe]), file('x')], [Buffer.from([0xed, 0xa0, 0x80]), file('y')]);
  assert.deepEqual(await write(entriesOf(tree)), nar(tree));
});
