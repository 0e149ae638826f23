import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareAscii } from '../../src/bytes/bytes.ts';
import { printHash } from '../../src/hash/hash.ts';
import { parsePathInfoJson } from '../../src/narinfo/path-info-json.ts';
import { A_PATH, B_INFO, B_PATH, B_SIGNATURE } from './vectors.ts';

const SRI = printHash(B_INFO.narHash, 'sri');
const CA = 'text:sha256:11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c';
const CA_SRI = B_INFO.ca && printHash(B_INFO.ca.hash, 'sri');
const [A, B] = [A_PATH.slice(11), B_PATH.slice(11)];
const SIG = { keyName: 'vector-1', sig: B_SIGNATURE.slice('vector-1:'.length) };
const { url: _, compression: __, fileHash: ___, fileSize: ____, ...B_PATH_INFO } = B_INFO;

const old = {
  narHash: SRI,
  narSize: 168,
  references: [A_PATH],
  ca: CA,
  registrationTime: 1,
  signatures: [B_SIGNATURE],
};
const since223 = { ...old, deriver: null, ultimate: false };
const v2 = { ...since223, references: [A], ca: { method: 'text', hash: CA_SRI } };

/** Section 10: every shape there was, of B (valid) and A (not). */
const SHAPES: [string, unknown][] = [
  [
    'up to 2.18',
    [
      { path: B_PATH, ...old },
      { path: A_PATH, valid: false },
    ],
  ],
  ['2.19 to 2.22', { [B_PATH]: old, [A_PATH]: null }],
  ['2.23 to 2.32', { [B_PATH]: since223, [A_PATH]: null }],
  ['2.33, format 1', { [B_PATH]: { ...since223, version: 1, storeDir: '/nix/store' }, [A_PATH]: null }],
  ['2.33, format 2', { version: 2, storeDir: '/nix/store', info: { [B]: v2, [A]: null } }],
  [
    '2.35, format 3',
    { version: 3, storeDir: '/nix/store', info: { [B]: { ...v2, signatures: [SIG] }, [A]: null } },
  ],
  [
    'of a cache',
    {
      [B_PATH]: {
        ...since223,
        url: 'nar/x',
        compression: 'xz',
        downloadHash: SRI,
        downloadSize: 1,
        closureSize: 2,
      },
      [A_PATH]: null,
    },
  ],
];

for (const [shape, document] of SHAPES) {
  test(`section 10: ${shape}`, () => {
    const infos = parsePathInfoJson(JSON.stringify(document));
    assert.deepEqual([...infos].map(([path]) => path).sort(compareAscii), [B, A]);
    assert.deepEqual(infos.get(B_INFO.storePath), B_PATH_INFO);
    assert.equal(infos.get(A as typeof B_INFO.storePath), undefined);
  });
}

test('section 10: absent, null and empty facts are all absent; references are sorted', () => {
  const minimal = { path: B_PATH, narHash: SRI, narSize: 168 };
  const expected = { storePath: B, narHash: B_INFO.narHash, narSize: 168, references: [], signatures: [] };
  for (const more of [
    {},
    { ca: null, deriver: null, references: null, signatures: null },
    { ca: '', references: [] },
  ]) {
    assert.deepEqual([...parsePathInfoJson(JSON.stringify([{ ...minimal, ...more }])).values()], [expected]);
  }
  const unsorted = JSON.stringify([
    { ...minimal, references: [A_PATH, B_PATH, A_PATH], deriver: `${B_PATH}.drv` },
  ]);
  const info = parsePathInfoJson(unsorted).get(B_INFO.storePath);
  assert.deepEqual(info?.references, [B, A]);
  assert.equal(info?.deriver, `${B}.drv`);
  assert.equal(parsePathInfoJson('[]').size, 0);
  assert.equal(parsePathInfoJson('{}').size, 0);
});

test('another store directory', () => {
  const text = JSON.stringify({ [`/gnu/${B}`]: { ...old, references: [`/gnu/${A}`] } });
  assert.deepEqual(parsePathInfoJson(text, { storeDir: '/gnu' }).get(B_INFO.storePath), B_PATH_INFO);
  assert.throws(() => parsePathInfoJson(text), { code: 'ERR_PARSE_PATH_INFO', field: `/gnu/${B}` });
  const v2Elsewhere = JSON.stringify({ version: 2, storeDir: '/gnu', info: { [B]: v2 } });
  assert.deepEqual(parsePathInfoJson(v2Elsewhere, { storeDir: '/gnu' }).get(B_INFO.storePath), B_PATH_INFO);
  // Silently taken for /nix/store, the path would be signed as another one.
  assert.throws(() => parsePathInfoJson(v2Elsewhere), { code: 'ERR_PARSE_PATH_INFO' });
});

test('what is none of these is refused, with the path and the field named', () => {
  const v = (change: object): unknown => [{ path: B_PATH, ...old, ...change }];
  for (const document of [
    null,
    7,
    'text',
    [null],
    [B_PATH],
    [{}],
    [{ path: 7 }],
    [{ path: 'nonsense' }],
    { error: 'x' },
    { version: 4, storeDir: '/nix/store', info: {} },
    { version: 0, storeDir: '/nix/store', info: {} },
    { version: 2, storeDir: '/nix/store' },
    { version: 2, storeDir: '/nix/store', info: [] },
    { [B_PATH]: 7 },
    { [B_PATH]: 'invalid' },
    { [B_PATH]: [] },
    v({ narHash: undefined }),
    v({ narHash: SRI.slice(7) }),
    v({ narHash: 7 }),
    v({ narSize: undefined }),
    v({ narSize: '168' }),
    v({ narSize: -1 }),
    v({ narSize: 1.5 }),
    v({ narSize: 2 ** 53 }),
    v({ references: 'x' }),
    v({ references: [7] }),
    v({ references: ['x'] }),
    v({ references: [`${A_PATH}/bin`] }),
    v({ signatures: ['x'] }),
    v({ signatures: [{ keyName: 'k' }] }),
    v({ ca: 'x' }),
    v({ ca: 7 }),
    v({ ca: { method: 'odd', hash: CA_SRI } }),
    v({ ca: { method: 'text', hash: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' } }),
    v({ ca: { method: 'text' } }),
    v({ deriver: '' }),
  ]) {
    const text = JSON.stringify(document);
    assert.throws(() => parsePathInfoJson(text), { name: 'ParseError', code: 'ERR_PARSE_PATH_INFO' }, text);
  }
  for (const text of ['', '{', 'error: path is not valid', '[]\n[]']) {
    assert.throws(() => parsePathInfoJson(text), { code: 'ERR_PARSE_PATH_INFO' }, text);
  }
  assert.throws(() => parsePathInfoJson(JSON.stringify(v({ narSize: -1 }))), {
    field: B_PATH,
    message: /narSize/,
  });
});
