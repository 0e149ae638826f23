import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ByteSource, collect } from 'narkit';
import { type NarEntry, type NarTree, readNar, readTree, treeEntries, writeNar } from 'narkit/nar';
import { cut, dir, entriesOf, file, nar, readAll, T, trees } from './trees.ts';

const f: NarTree = { type: 'regular', contents: Buffer.from('x') };
const directory = (entries: Iterable<readonly [string, NarTree]>): NarTree => ({
  type: 'directory',
  entries: new Map(entries),
});
/** The same tree with every map the other way round. */
const reversed = (tree: NarTree): NarTree =>
  tree.type !== 'directory'
    ? tree
    : directory([...tree.entries].reverse().map(([name, member]) => [name, reversed(member)]));

test('law: treeEntries(readTree(entries)) is entries, and its NAR the same, in any order of insertion', async () => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const read = await readTree(entriesOf(tree));
      assert.deepEqual(await readAll(treeEntries(read)), await readAll(entriesOf(tree)));
      assert.deepEqual(await collect(writeNar(treeEntries(reversed(read)))), new Uint8Array(nar(tree)));
    }),
    { numRuns: 100 },
  );
});

test('law: readTree(treeEntries(tree)) is tree, from a NAR in any chunks too', async () => {
  await fc.assert(
    fc.asyncProperty(trees, fc.integer({ min: 1, max: 100 }), async (generated, size) => {
      const tree = await readTree(entriesOf(generated));
      assert.deepEqual(await readTree(treeEntries(reversed(tree))), tree);
      const bytes = cut(nar(generated), [size]);
      assert.deepEqual(await readTree(readNar(bytes, { inlineSize: 8 })), tree);
    }),
    { numRuns: 60 },
  );
});

test('the tree T: members in archive order, contents copied', async () => {
  const bytes = nar(T);
  const tree = await readTree(readNar(bytes));
  bytes.fill(0);
  assert.ok(tree.type === 'directory');
  assert.deepEqual([...tree.entries.keys()], ['B', 'a', 'sub']);
  const contents = new Uint8Array(Buffer.from('a'));
  assert.deepEqual(tree.entries.get('a'), { type: 'regular', executable: true, contents });
  const sub = tree.entries.get('sub');
  assert.ok(sub?.type === 'directory');
  assert.deepEqual(sub.entries.get('l'), { type: 'symlink', target: '../a' });
});

test('order is bytewise, not that of UTF-16; executable is false by default', () => {
  const names = ['\udcff', '\u{1f600}', '\uffff', 'a/'.slice(0, 1), 'a-b', 'B', '__proto__'];
  const entries = [...treeEntries(directory(names.map((name) => [name, f])))];
  assert.deepEqual(
    entries.map(({ path }) => path),
    ['', 'B', '__proto__', 'a', 'a-b', '\uffff', '\u{1f600}', '\udcff'],
  );
  assert.deepEqual(entries[1], { type: 'regular', path: 'B', executable: false, size: 1, body: f.contents });
});

test('a tree written by hand that no NAR can hold is refused', async () => {
  let deep = directory([]);
  for (let i = 0; i < 64; i++) deep = directory([['d', deep]]);
  const circle = new Map<string, NarTree>();
  circle.set('c', { type: 'directory', entries: circle });
  const cases: [NarTree, string][] = [
    [deep, 'ERR_NAR_LIMIT'],
    [{ type: 'directory', entries: circle }, 'ERR_NAR_LIMIT'],
    [directory([['a'.repeat(256), f]]), 'ERR_NAR_LIMIT'],
    [
      directory([
        ['a', directory([])],
        ['a/b', f],
      ]),
      'ERR_NAR_SYNTAX',
    ],
    [
      directory([
        ['\u00e9', f],
        ['\udcc3\udca9', f],
      ]),
      'ERR_NAR_SYNTAX',
    ],
    [
      directory([
        ['\ud800', f],
        ['a', f],
      ]),
      'ERR_NAR_SYNTAX',
    ],
    ...['', '.', '..', 'a\0'].map((name): [NarTree, string] => [directory([[name, f]]), 'ERR_NAR_SYNTAX']),
  ];
  for (const [tree, code] of cases) assert.throws(() => [...treeEntries(tree)], { name: 'NarError', code });
  const link: NarTree = { type: 'symlink', target: '' };
  await assert.rejects(collect(writeNar(treeEntries(link))), { code: 'ERR_NAR_SYNTAX' });
  const deepest = deep.type === 'directory' ? (deep.entries.get('d') as NarTree) : deep;
  assert.equal([...treeEntries(deepest)].length, 64);
});

test('limits: of all contents together, before those are read, and of entries', async () => {
  const refused = { name: 'NarError', code: 'ERR_NAR_LIMIT' };
  const tree = dir({ a: file('12345'), b: file('67890'), c: dir() });
  assert.ok(await readTree(entriesOf(tree), { limit: 10, entryLimit: 4 }));
  await assert.rejects(readTree(entriesOf(tree), { limit: 9 }), { ...refused, path: 'b' });
  await assert.rejects(readTree(entriesOf(tree), { entryLimit: 3 }), { ...refused, path: 'c' });
  const claim: NarEntry = {
    type: 'regular',
    path: '',
    executable: false,
    size: 2 ** 52,
    body: (function* () {
      yield assert.fail('the body was read');
    })(),
  };
  await assert.rejects(readTree([claim]), refused);
});

test('a body of another length than its entry says, and entries out of order, are refused', async () => {
  const entry = (size: number, body: ByteSource) =>
    ({ type: 'regular', path: '', executable: false, size, body }) as const;
  const refused = { name: 'NarError', code: 'ERR_NAR_SYNTAX' };
  const bytes = Buffer.from('123');
  for (const size of [2, 4, -1, Number.NaN]) {
    await assert.rejects(readTree([entry(size, bytes)]), refused, `${size}`);
    await assert.rejects(readTree([entry(size, [bytes])]), refused, `${size}`);
  }
  const endless = function* (): Generator<Uint8Array> {
    yield bytes;
    assert.fail('more was asked for than the entry has');
  };
  await assert.rejects(readTree([entry(2, endless())]), refused);
  assert.ok(await readTree([entry(3, [bytes])]));
  await assert.rejects(readTree([]), refused);
  await assert.rejects(readTree([{ type: 'directory', path: 'a' }]), refused);
  const [a, b] = [entry(3, bytes), entry(3, bytes)].map((one, i) => ({ ...one, path: 'ab'.charAt(i) }));
  await assert.rejects(readTree([{ type: 'directory', path: '' }, b, a] as NarEntry[]), refused);
});

test('a source that ends in an error, a signal, and unknown options', async () => {
  const failure = new Error('broken');
  const failing = async function* (): AsyncGenerator<NarEntry> {
    yield { type: 'directory', path: '' };
    throw failure;
  };
  await assert.rejects(readTree(failing()), failure);
  const hanging = async function* (): AsyncGenerator<NarEntry> {
    yield { type: 'directory', path: '' };
    await new Promise(() => {});
  };
  const controller = new AbortController();
  const reading = readTree(hanging(), { signal: controller.signal });
  setTimeout(() => controller.abort(failure), 5);
  await assert.rejects(reading, failure);
  const body = new ReadableStream<Uint8Array>({});
  const stuck = readTree([{ type: 'regular', path: '', executable: false, size: 1, body }], {
    signal: AbortSignal.timeout(5),
  });
  await assert.rejects(stuck, { name: 'TimeoutError' });
  await assert.rejects(readTree([], { limits: 1 } as object), TypeError);
});
