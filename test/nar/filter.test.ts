import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collect } from 'narkit';
import { encodeName, filterEntries, type NarEntry, readNar, writeNar } from 'narkit/nar';
import { dir, entriesOf, file, link, nar, T, type Tree, trees } from './trees.ts';

/** What a filter by name should make of a tree. */
function pruned(tree: Tree, keeps: (name: Uint8Array) => boolean): Tree {
  if (tree.type !== 'directory') return tree;
  const members = tree.members.filter(([name]) => keeps(name));
  return { type: 'directory', members: members.map(([name, member]) => [name, pruned(member, keeps)]) };
}

test('law: a directory goes with all it holds, the rest stays as it is', async () => {
  const keeps = (name: Uint8Array): boolean => (name[0] as number) % 4 !== 0;
  await fc.assert(
    fc.asyncProperty(trees, fc.boolean(), async (tree, streamed) => {
      const source = streamed ? readNar([nar(tree)], { inlineSize: 4 }) : entriesOf(tree);
      const kept = filterEntries(source, ({ path }) =>
        keeps(encodeName(path.slice(path.lastIndexOf('/') + 1))),
      );
      assert.deepEqual(Buffer.from(await collect(writeNar(kept))), nar(pruned(tree, keeps)));
    }),
    { numRuns: 200 },
  );
});

test('names that only begin like a dropped directory stay', async () => {
  const tree = dir({ a: dir({ x: file('x') }), 'a-b': file('1'), ab: dir({ a: file('2') }), b: link('a') });
  const kept = filterEntries(entriesOf(tree), ({ path }) => path !== 'a');
  const paths = [];
  for await (const { path } of kept) paths.push(path);
  assert.deepEqual(paths, ['', 'a-b', 'ab', 'ab/a', 'b']);
});

test('keep is asked once for what may go: not for the root, not for what is in a dropped directory', async () => {
  const asked: string[] = [];
  const kept = filterEntries(entriesOf(T), (entry) => {
    asked.push(`${entry.type} ${entry.path}`);
    return entry.type === 'symlink';
  });
  assert.deepEqual(await collect(writeNar(kept)), new Uint8Array(nar(dir())));
  assert.deepEqual(asked, ['regular B', 'regular a', 'directory sub']);
  for (const tree of [file('x'), link('x')]) {
    const whole = filterEntries(entriesOf(tree), () => false);
    assert.deepEqual(await collect(writeNar(whole)), new Uint8Array(nar(tree)));
  }
});

test('bodies of what is dropped are not read, and who stops early ends the source', async () => {
  let ended = false;
  const source = function* (): Generator<NarEntry> {
    try {
      const unread = (function* (): Generator<Uint8Array> {
        yield assert.fail('a body was read');
      })();
      yield { type: 'directory', path: '' };
      yield { type: 'regular', path: 'a', executable: false, size: 1, body: unread };
      yield { type: 'symlink', path: 'b', target: 'a' };
      yield { type: 'symlink', path: 'c', target: 'a' };
    } finally {
      ended = true;
    }
  };
  for await (const { path } of filterEntries(source(), ({ path }) => path !== 'a')) if (path === 'b') break;
  assert.ok(ended);
});

test('errors of the entries and of keep pass as they are', async () => {
  const failure = new Error('no');
  const fails = filterEntries(entriesOf(T), () => {
    throw failure;
  });
  await assert.rejects(collect(writeNar(fails)), failure);
  await assert.rejects(collect(writeNar(filterEntries(readNar(nar(T).subarray(0, 200)), () => true))), {
    code: 'ERR_NAR_TRUNCATED',
  });
});
