import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CacheInfo, parseCacheInfo, printCacheInfo } from '../../src/cache/cache-info.ts';

test('narinfo.md section 6: what is read', () => {
  for (const [text, info] of [
    ['', {}],
    ['StoreDir: /nix/store\n', { storeDir: '/nix/store' }],
    ['StoreDir: /nix/store', { storeDir: '/nix/store' }],
    [
      'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n',
      { storeDir: '/nix/store', wantMassQuery: true, priority: 40 },
    ],
    ['StoreDir: /nix/store\r\nPriority: 40\r\n', { storeDir: '/nix/store', priority: 40 }],
    ['Priority:10', { priority: 10 }],
    ['Priority:  \t10  ', { priority: 10 }],
    ['Priority: -1', { priority: -1 }],
    ['Priority: 1\nPriority: 2', { priority: 2 }],
    ['WantMassQuery: 0', { wantMassQuery: false }],
    ['WantMassQuery: true', { wantMassQuery: false }],
    ['\n\n# a comment\nOdd: 1\npriority: 3\n Priority: 4\n', {}],
    ['StoreDir: /a:b', { storeDir: '/a:b' }],
  ] as const) {
    assert.deepEqual(parseCacheInfo(text), info, JSON.stringify(text));
  }
});

test('section 6: a priority that is no integer is an error with line and field', () => {
  for (const value of ['', 'x', '1.5', '1e3', '0x10', '1 2', '--1', '99999999999999999999']) {
    assert.throws(() => parseCacheInfo(`StoreDir: /nix/store\nPriority: ${value}\n`), {
      name: 'ParseError',
      code: 'ERR_PARSE_CACHE_INFO',
      line: 2,
      field: 'Priority',
    });
  }
});

test('section 6: what is written', () => {
  assert.equal(printCacheInfo({}), 'StoreDir: /nix/store\n');
  assert.equal(
    printCacheInfo({ storeDir: '/gnu', wantMassQuery: true, priority: 30 }),
    'StoreDir: /gnu\nWantMassQuery: 1\nPriority: 30\n',
  );
  assert.equal(
    printCacheInfo({ wantMassQuery: false, priority: 0 }),
    'StoreDir: /nix/store\nWantMassQuery: 0\nPriority: 0\n',
  );
});

test('what would not be read back is refused', () => {
  for (const info of [
    { storeDir: '/a\nPriority: 1' },
    { storeDir: '/nix/store/' },
    { priority: 1.5 },
    { priority: Number.NaN },
  ]) {
    assert.throws(() => printCacheInfo(info), JSON.stringify(info));
  }
});

test('law: parse(print(info)) = info', () => {
  const infos = fc.record(
    {
      storeDir: fc.constantFrom('/nix/store', '/gnu/store'),
      wantMassQuery: fc.boolean(),
      priority: fc.integer(),
    },
    { noNullPrototype: true, requiredKeys: ['storeDir'] },
  );
  fc.assert(
    fc.property(infos, (info: CacheInfo) => assert.deepEqual(parseCacheInfo(printCacheInfo(info)), info)),
  );
});
