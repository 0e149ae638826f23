import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../src/bytes/bytes.ts';
import { hashBytes } from '../../src/hash/hash-source.ts';
import { parseContentAddress } from '../../src/store-path/content-address.ts';
import { makeContentAddressedPath } from '../../src/store-path/make-store-path.ts';
import { parseBaseName } from '../../src/store-path/store-path.ts';

const A = parseBaseName('8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt');
const B = parseBaseName('066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt');
const TEXT = parseContentAddress('text:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq');
const NAR = parseContentAddress('fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw');

/** store-path.md section 4, and the git lines, which only our own reference computed. */
const VECTORS: [string, string, string][] = [
  [
    'fixed:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq',
    'gy454w1cxaq731grqwylhzf4pp9r5izh',
    'hello.txt',
  ],
  ['fixed:sha1:iwjz551fyw0cxcjgf4l6c879zabd6wpm', 'svdva85yi507g9vncgsaxvnd1r808h4w', 'hello.txt'],
  ['fixed:md5:4425hx5d1mc9y39llj4k4nm55i', 'dra1cz5vbrhclpv4y1q0psnbkxz581bk', 'hello.txt'],
  [
    'fixed:sha512:0lrc0dwnvipqviibf7qfm1y492qvjwb1zhkcyi05cndmva1mr5gjcgrnz1x36djmk0sfg8djd2n0qv68vib2jg590mwznar9jcjphp7',
    '9a8mxachqmcv8x2cfijdps9dyxgyyrzm',
    'hello.txt',
  ],
  [
    'fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw',
    'i9pmrzmpshapij2kin22pff6fc2adavx',
    'hello.txt',
  ],
  ['fixed:r:sha1:wz60bbf44cw7nswp1wv8vcsyfg155sqd', 'hzq8n5jpi3g2d0xhlvqd8q1gx5c9s6i3', 'hello.txt'],
  [
    'text:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq',
    'qa1w9gdfrba6jl2r57mb3c43863gqywp',
    'hello.txt',
  ],
  [
    'text:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq',
    '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm',
    'a.txt',
  ],
  [
    'fixed:r:sha256:002xi6w911sz4cczkgchgdmqg8w8jax5w5jcfl7lji9lp8k8r4br',
    'ah4vdgx27wdf06rikmwzb6fl7nacbygi',
    'mydir',
  ],
  ['fixed:git:sha1:0d6aec7127e940091442e9520fe83f4e63fc1803', 'p3yhnz31g79h611jzg5p2ldr2185gllz', 'mydir'],
  [
    'fixed:git:sha1:ce013625030ba8dba906f756967f9e9ca394464a',
    'rk1ijlrs1r2baksyhs884xqb0afsc830',
    'hello.txt',
  ],
];

test('section 4: vectors without references', () => {
  for (const [ca, hash, name] of VECTORS) {
    assert.equal(makeContentAddressedPath(name, parseContentAddress(ca)), `${hash}-${name}`, ca);
  }
  const x = { method: 'text', hash: hashBytes('sha256', utf8('x')) } as const;
  assert.equal(makeContentAddressedPath('a', x), '12wigjpizrn8axaqxj288q1b751qmwya-a');
  assert.equal(
    makeContentAddressedPath('a+b?c=d_e.f-g', x),
    's0cm5jl8ash460xvsiaikkvh9l2rph3n-a+b?c=d_e.f-g',
  );
});

test('section 6: a fixed output of the empty file', () => {
  const ca = { method: 'flat', hash: hashBytes('sha256', new Uint8Array(0)) } as const;
  assert.equal(makeContentAddressedPath('src.tar', ca), '1z4hd8bnbadg3dnk5ncdbfp8krw7lp6y-src.tar');
});

test('section 4: text with a reference', () => {
  const ca = parseContentAddress('text:sha256:11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c');
  assert.equal(makeContentAddressedPath('b.txt', ca, { references: [A] }), B);
});

test('section 3: neither order nor repetition of references counts; each reference does', () => {
  const path = makeContentAddressedPath('n', NAR, { references: [A, B] });
  assert.equal(makeContentAddressedPath('n', NAR, { references: [B, A, B] }), path);
  const references = [B, A];
  makeContentAddressedPath('n', NAR, { references });
  assert.deepEqual(references, [B, A], 'the list is left alone');
  const variants = [
    path,
    makeContentAddressedPath('n', NAR),
    makeContentAddressedPath('n', NAR, { references: [A] }),
    makeContentAddressedPath('n', NAR, { references: [A], selfReference: true }),
    makeContentAddressedPath('n', NAR, { selfReference: true }),
    makeContentAddressedPath('n', NAR, { storeDir: '/gnu' }),
    makeContentAddressedPath('m', NAR),
    makeContentAddressedPath('n', TEXT),
  ].map((made) => made.slice(0, 32));
  assert.equal(new Set(variants).size, variants.length);
});

test('section 3: who may have references', () => {
  const flat = parseContentAddress('fixed:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq');
  const sha1 = parseContentAddress('fixed:r:sha1:wz60bbf44cw7nswp1wv8vcsyfg155sqd');
  const git = parseContentAddress('fixed:git:sha1:ce013625030ba8dba906f756967f9e9ca394464a');
  const refused = { code: 'ERR_PARSE_CONTENT_ADDRESS' };
  for (const ca of [flat, sha1, git]) {
    assert.throws(() => makeContentAddressedPath('a', ca, { references: [A] }), refused);
    assert.throws(() => makeContentAddressedPath('a', ca, { selfReference: true }), refused);
  }
  assert.throws(() => makeContentAddressedPath('a', TEXT, { selfReference: true }), refused);
});

test('a bad name or store directory makes no path', () => {
  for (const name of ['', '.', 'a b', 'a'.repeat(212)]) {
    assert.throws(() => makeContentAddressedPath(name, TEXT), { code: 'ERR_PARSE_STORE_PATH' });
  }
  assert.throws(() => makeContentAddressedPath('a', TEXT, { storeDir: '/nix/store/' }), {
    code: 'ERR_PARSE_STORE_PATH',
  });
});
