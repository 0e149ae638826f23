import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkName, checkTarget, OrderCheck } from '../../src/nar/order.ts';

const syntax = { name: 'NarError', code: 'ERR_NAR_SYNTAX' } as const;
const limit = { name: 'NarError', code: 'ERR_NAR_LIMIT' } as const;

/** Enters paths; those that end in `/` are directories. Returns how many directories each closed. */
function enter(...paths: string[]): number[] {
  const order = new OrderCheck();
  return paths.map((given) => {
    const path = given.replace(/\/$/, '');
    const { closed } = order.enter(path);
    if (given.endsWith('/')) order.descend(path);
    return closed;
  });
}

test('what is in order', () => {
  assert.deepEqual(enter(''), [0]);
  assert.deepEqual(enter('/', 'a', 'b/', 'b/a', 'b/c/', 'd'), [0, 0, 0, 0, 0, 2]);
  assert.deepEqual(enter('/', 'a/', 'a-', 'a.b', 'a0'), [0, 0, 1, 0, 0]); // not the order of whole paths
  assert.deepEqual(enter('/', '\uFFFF', '\u{1F600}'), [0, 0, 0]);
});

test('what is not', () => {
  for (const paths of [
    ['a'],
    ['/', '/'],
    ['', ''],
    ['', 'a'],
    ['/', 'b', 'a'],
    ['/', 'a', 'a'],
    ['/', 'a/', 'a'],
    ['/', 'a', 'a/b'],
    ['/', 'a/b'],
    ['/', 'a/', 'a/b', 'b', 'a/c'],
    ['/', '\u{1F600}', '\uFFFF'],
    ['/', '/a'],
    ['/', 'a/', 'a//b'],
    ['/', 'a/', '/a/b'],
    ['/', './a'],
    ['/', '..'],
    ['/', 'a/', 'a/..'],
  ]) {
    assert.throws(() => enter(...paths), syntax, paths.join(' '));
  }
  assert.throws(() => new OrderCheck().finish(), syntax);
});

test('63 names deep, not 64', () => {
  const chain = (depth: number): string[] =>
    Array.from({ length: depth }, (_, i) =>
      Array(i + 1)
        .fill('d')
        .join('/'),
    );
  enter('/', ...chain(63).map((path) => `${path}/`));
  assert.throws(() => enter('/', ...chain(64).map((path) => `${path}/`)), limit);
});

test('names', () => {
  for (const name of ['a', '...', '.a', ' ', '\\', 'é'.repeat(127), 'a'.repeat(255), '\udcff'.repeat(255)])
    checkName(name, 'p');
  for (const name of ['', '.', '..', 'a/b', '/', 'a\0', '\0'])
    assert.throws(() => checkName(name, 'p'), { ...syntax, path: 'p' });
  for (const name of ['a'.repeat(256), 'é'.repeat(128)])
    assert.throws(() => checkName(name, 'p'), { ...limit, path: 'p' });
});

test('targets', () => {
  for (const target of ['a', '/', '..', 'a//b/', '\udcff', 'a'.repeat(4095)]) checkTarget(target, 'p');
  for (const target of ['', '\0', 'a\0b'])
    assert.throws(() => checkTarget(target, 'p'), { ...syntax, path: 'p' });
  for (const target of ['a'.repeat(4096), 'é'.repeat(2048)])
    assert.throws(() => checkTarget(target, 'p'), { ...limit, path: 'p' });
});
