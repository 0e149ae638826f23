import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HASH_SIZES, type HashAlgo, printHash } from '../../src/hash/hash.ts';
import {
  type ContentAddress,
  type ContentAddressMethod,
  parseContentAddress,
  printContentAddress,
} from '../../src/store-path/content-address.ts';

const SHA256 = 'sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq';
const SHA1 = 'sha1:iwjz551fyw0cxcjgf4l6c879zabd6wpm';
const refused = { name: 'ParseError', code: 'ERR_PARSE_CONTENT_ADDRESS' } as const;

test('section 3: the grammar', () => {
  for (const [text, method, algo] of [
    [`text:${SHA256}`, 'text', 'sha256'],
    [`fixed:${SHA256}`, 'flat', 'sha256'],
    [`fixed:${SHA1}`, 'flat', 'sha1'],
    ['fixed:md5:4425hx5d1mc9y39llj4k4nm55i', 'flat', 'md5'],
    [`fixed:r:${SHA256}`, 'nar', 'sha256'],
    [`fixed:r:${SHA1}`, 'nar', 'sha1'],
    [`fixed:git:${SHA1}`, 'git', 'sha1'],
    [`fixed:git:${SHA256}`, 'git', 'sha256'],
  ] as const) {
    const ca = parseContentAddress(text);
    assert.equal(ca.method, method);
    assert.equal(ca.hash.algo, algo);
    assert.equal(printContentAddress(ca), text);
  }
});

test('section 3: the digest may be base16, nix32 or base64; printed it is nix32', () => {
  const { hash } = parseContentAddress(`text:${SHA256}`);
  for (const format of ['base16', 'nix32', 'base64'] as const) {
    assert.equal(
      printContentAddress(parseContentAddress(`fixed:r:${printHash(hash, format)}`)),
      `fixed:r:${SHA256}`,
    );
  }
});

test('section 3: refused', () => {
  const { hash } = parseContentAddress(`text:${SHA256}`);
  for (const text of [
    '',
    'text',
    'text:',
    'fixed:',
    'fixed:r:',
    'fixed:git:',
    SHA256,
    `Text:${SHA256}`,
    `text:r:${SHA256}`,
    `text:${SHA1}`, // text is always sha256
    'fixed:git:md5:4425hx5d1mc9y39llj4k4nm55i',
    `fixed:x:${SHA256}`,
    `fixed:r:r:${SHA256}`,
    `fixed:r:git:${SHA256}`,
    `fixed::${SHA256}`,
    `fixed:r${SHA256}`,
    'fixed:r:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq',
    `fixed:r:${printHash(hash, 'sri')}`, // the algorithm is followed by a colon
    ` text:${SHA256}`,
    `text:${SHA256}\n`,
    `text: ${SHA256}`,
  ]) {
    assert.throws(() => parseContentAddress(text), refused, JSON.stringify(text));
  }
});

test('law: parse(print(ca)) = ca', () => {
  const algos: Record<ContentAddressMethod, HashAlgo[]> = {
    text: ['sha256'],
    git: ['sha1', 'sha256'],
    flat: ['md5', 'sha1', 'sha256', 'sha512', 'blake3'],
    nar: ['md5', 'sha1', 'sha256', 'sha512', 'blake3'],
  };
  const cas = fc
    .constantFrom(...(Object.keys(algos) as ContentAddressMethod[]))
    .chain((method) => fc.constantFrom(...algos[method]).map((algo) => ({ method, algo })))
    .chain(({ method, algo }) =>
      fc
        .uint8Array({ minLength: HASH_SIZES[algo], maxLength: HASH_SIZES[algo] })
        .map((digest): ContentAddress => ({ method, hash: { algo, digest } })),
    );
  fc.assert(fc.property(cas, (ca) => assert.deepEqual(parseContentAddress(printContentAddress(ca)), ca)));
});
