import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HashAlgo, HashFormat } from '../../src/hash/hash.ts';
import {
  compressHash,
  equalHash,
  HASH_SIZES,
  isHashAlgo,
  parseHash,
  printDigest,
  printHash,
} from '../../src/hash/hash.ts';
import { hashBytes, hashSource } from '../../src/hash/hash-source.ts';
import { encodeNix32, nix32Length } from '../../src/hash/nix32.ts';

const ALGOS = Object.keys(HASH_SIZES) as HashAlgo[];
const FORMATS: HashFormat[] = ['nix32', 'base16', 'base64', 'sri'];
const NIX32 = '0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73';
const HEX = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const BASE64 = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
const EMPTY = hashBytes('sha256', new Uint8Array(0));

const hashes = fc
  .constantFrom(...ALGOS)
  .chain((algo) =>
    fc
      .uint8Array({ minLength: HASH_SIZES[algo], maxLength: HASH_SIZES[algo] })
      .map((digest) => ({ algo, digest })),
  );

test('encoding.md section 1: sizes and lengths of the text forms', () => {
  for (const [algo, bytes, base16, nix32, base64] of [
    ['md5', 16, 32, 26, 24],
    ['sha1', 20, 40, 32, 28],
    ['sha256', 32, 64, 52, 44],
    ['sha512', 64, 128, 103, 88],
    ['blake3', 32, 64, 52, 44],
  ] as const) {
    const hash = { algo, digest: new Uint8Array(bytes) };
    assert.equal(HASH_SIZES[algo], bytes);
    assert.equal(printDigest(hash, 'base16').length, base16);
    assert.equal(printDigest(hash, 'nix32').length, nix32);
    assert.equal(nix32Length(bytes), nix32);
    assert.equal(printDigest(hash, 'base64').length, base64);
    assert.equal(hashBytes(algo, new Uint8Array(0)).digest.length, bytes);
  }
  assert.deepEqual(['sha256', 'SHA256', '', 'toString', '__proto__'].map(isHashAlgo), [
    true,
    false,
    false,
    false,
    false,
  ]);
});

test('section 4: the four forms, written', () => {
  assert.equal(printHash(EMPTY, 'nix32'), `sha256:${NIX32}`);
  assert.equal(printHash(EMPTY, 'base16'), `sha256:${HEX}`);
  assert.equal(printHash(EMPTY, 'base64'), `sha256:${BASE64}`);
  assert.equal(printHash(EMPTY, 'sri'), `sha256-${BASE64}`);
  assert.throws(() => printHash(EMPTY, 'hex' as HashFormat), TypeError);
  assert.throws(() => printDigest(EMPTY, 'sri' as 'nix32'), TypeError);
});

test('sections 3 and 4: what is read', () => {
  for (const text of [
    `sha256:${NIX32}`,
    `sha256:${HEX}`,
    `sha256:${HEX.toUpperCase()}`,
    `sha256:${BASE64}`,
    `sha256-${BASE64}`,
    `sha256-${BASE64.slice(0, -1)}`, // SRI without padding
    `sha256-${BASE64}?options`,
    `sha256-${BASE64.slice(0, -2)}V=`, // left-over bits in the last digit
  ]) {
    assert.deepEqual(parseHash(text), EMPTY, text);
    assert.deepEqual(parseHash(text, { algo: 'sha256' }), EMPTY, text);
  }
  for (const text of [NIX32, HEX, BASE64]) assert.deepEqual(parseHash(text, { algo: 'sha256' }), EMPTY, text);
});

test('sections 2 to 4: what is refused', () => {
  for (const text of [
    '',
    ':',
    '-',
    'sha256',
    'sha256:',
    'sha256-',
    NIX32, // no algorithm
    HEX,
    BASE64,
    `SHA256:${NIX32}`,
    `sha384:${NIX32}`,
    `toString:${NIX32}`,
    `sha256:${NIX32.slice(1)}`,
    `sha256:2${NIX32.slice(1)}`,
    `sha256:${NIX32.toUpperCase()}`,
    `sha256:${HEX.slice(1)}`,
    `sha256:g${HEX.slice(1)}`,
    `sha256:${BASE64.slice(0, -1)}`, // unpadded base64 only after a dash
    `sha256:-${BASE64.slice(1)}`,
    `sha256-${HEX}`,
    `sha256-${NIX32}`,
    `sha256-${BASE64.slice(0, -1)}?options`,
    `sha256-sha256-${BASE64}`,
    `sha1:${NIX32}`,
    ` sha256:${NIX32}`,
    `sha256:${NIX32}\n`,
    `sha256:${NIX32}\r`,
    `sha256: ${NIX32}`,
    `sha256::${NIX32}`,
  ]) {
    assert.throws(
      () => parseHash(text),
      { name: 'ParseError', code: 'ERR_PARSE_HASH' },
      JSON.stringify(text),
    );
  }
  for (const text of [`sha1:${NIX32.slice(20)}`, `sha512-${BASE64}`, NIX32.slice(1), '']) {
    assert.throws(() => parseHash(text, { algo: 'sha256' }), { code: 'ERR_PARSE_HASH' }, text);
  }
});

test('an error does not repeat a whole file', () => {
  assert.throws(
    () => parseHash('x'.repeat(1_000_000)),
    (err: Error) => err.message.length < 400,
  );
  assert.throws(
    () => parseHash(`${'x'.repeat(1_000_000)}:00`),
    (err: Error) => err.message.length < 600,
  );
});

test('law: parse(print(h)) = h in every form, with and without the algorithm known', () => {
  fc.assert(
    fc.property(hashes, fc.constantFrom(...FORMATS), (hash, format) => {
      const text = printHash(hash, format);
      assert.deepEqual(parseHash(text), hash);
      assert.deepEqual(parseHash(text, { algo: hash.algo }), hash);
      if (format !== 'sri') assert.deepEqual(parseHash(printDigest(hash, format), { algo: hash.algo }), hash);
      const other = ALGOS.find((algo) => algo !== hash.algo) as HashAlgo;
      assert.throws(() => parseHash(text, { algo: other }), { code: 'ERR_PARSE_HASH' });
    }),
  );
});

test('law: any text either parses or is an ERR_PARSE_HASH', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom('sha256:', 'sha1-', 'md5:', ''), fc.string()).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('sha256:', 'sha256-'), fc.base64String({ maxLength: 48 }))
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const hash = parseHash(text);
        assert.equal(hash.digest.length, HASH_SIZES[hash.algo]);
      } catch (err) {
        assert.equal((err as { code?: string }).code, 'ERR_PARSE_HASH');
      }
    }),
    { numRuns: 500 },
  );
});

test('equalHash: same algorithm, same bytes', () => {
  assert.ok(equalHash(EMPTY, parseHash(`sha256:${HEX}`)));
  assert.ok(!equalHash(EMPTY, { algo: 'blake3', digest: EMPTY.digest }));
  assert.ok(!equalHash(EMPTY, hashBytes('sha256', Uint8Array.of(0))));
  assert.ok(!equalHash(EMPTY, { algo: 'sha256', digest: EMPTY.digest.slice(1) }));
});

test('section 5: compressHash', () => {
  const folded = compressHash(EMPTY.digest, 20);
  assert.equal(Buffer.from(folded).toString('hex'), '872b570e3c69850fe2a94c9d996fb92427ae41e4');
  assert.equal(encodeNix32(folded), 'wi0sw9r4p5prk7acm7i0z1b97h75faw7');
  const sha512 = compressHash(hashBytes('sha512', new Uint8Array(0)).digest, 20);
  assert.equal(Buffer.from(sha512).toString('hex'), 'c27036057a65fdb34181f023d6fc2bba2e9d24cf');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.integer({ min: 1, max: 40 }), (digest, size) => {
      const before = digest.slice();
      const out = compressHash(digest, size);
      assert.equal(out.length, size);
      assert.equal(
        out.reduce((a, b) => a ^ b, 0),
        digest.reduce((a, b) => a ^ b, 0),
      );
      if (digest.length <= size) assert.deepEqual(out.slice(0, digest.length), digest);
      assert.deepEqual(digest, before);
    }),
  );
});

test('hashSource counts and hashes as hashBytes does, from any source', async () => {
  const chunks = [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)];
  const hash = hashBytes('sha256', Uint8Array.of(1, 2, 3));
  for (const source of [chunks, ReadableStream.from(chunks), Uint8Array.of(1, 2, 3)]) {
    assert.deepEqual(await hashSource('sha256', source), { hash, size: 3 });
  }
  assert.deepEqual(await hashSource('sha256', []), { hash: EMPTY, size: 0 });
});

test('a stream of text is a TypeError, not the hash of something', async () => {
  const texts = ReadableStream.from(['é']) as unknown as ReadableStream<Uint8Array>;
  await assert.rejects(hashSource('sha256', texts), TypeError);
});
