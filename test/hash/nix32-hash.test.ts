import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  equalHash,
  HASH_SIZES,
  type Hash,
  type HashAlgo,
  parseHash,
  printHash,
} from '../../src/hash/hash.ts';
import { encodeNix32 } from '../../src/hash/nix32.ts';
import { keptNix32 } from '../../src/hash/nix32-hash.ts';

const TEXT = 'sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73';
const kept = (): Hash => parseHash(TEXT);
const isUntouched = (hash: Hash): boolean => keptNix32(hash) !== undefined;

const digests = fc
  .constantFrom(...(Object.keys(HASH_SIZES) as HashAlgo[]))
  .chain((algo) =>
    fc
      .uint8Array({ minLength: HASH_SIZES[algo], maxLength: HASH_SIZES[algo] })
      .map((digest): Hash => ({ algo, digest })),
  );

test('law: a hash read from nix32 is the plain object that it stands for', () => {
  fc.assert(
    fc.property(digests, (plain) => {
      const text = `${plain.algo}:${encodeNix32(plain.digest)}`;
      const read = (): Hash => {
        const hash = parseHash(text);
        assert.ok(isUntouched(hash));
        return hash;
      };
      assert.deepStrictEqual(read(), plain);
      assert.deepStrictEqual(plain, read());
      assert.deepStrictEqual(read(), read());
      assert.deepStrictEqual({ ...read() }, plain);
      assert.deepStrictEqual(structuredClone(read()), plain);
      assert.deepStrictEqual(Object.assign({}, read()), plain);
      assert.deepStrictEqual(Object.entries(read()), Object.entries(plain));
      assert.equal(JSON.stringify(read()), JSON.stringify(plain));
      assert.ok(equalHash(read(), plain) && equalHash(read(), read()));
      for (const format of ['nix32', 'base16', 'base64', 'sri'] as const)
        assert.equal(printHash(read(), format), printHash(plain, format));
    }),
  );
});

test('its keys and prototype are those of a literal', () => {
  assert.deepEqual(Reflect.ownKeys(kept()), ['algo', 'digest']);
  assert.deepEqual(Object.keys(kept()), ['algo', 'digest']);
  assert.equal(Object.getPrototypeOf(kept()), Object.prototype);
});

test('it differs from the hash of another digest, and of another algorithm', () => {
  const other = parseHash(`sha256:1${TEXT.slice('sha256:0'.length)}`);
  assert.notDeepStrictEqual(kept(), other);
  assert.equal(equalHash(kept(), other), false);
  assert.equal(equalHash(kept(), parseHash(TEXT.replace('sha256', 'blake3'))), false);
});

test('printing in nix32 decodes nothing; the digest is decoded once, also of a frozen hash', () => {
  const hash = Object.freeze(kept());
  assert.equal(printHash(hash, 'nix32'), TEXT);
  assert.ok(isUntouched(hash));
  const { digest } = hash;
  assert.equal(hash.digest, digest, 'the same bytes each time');
  assert.equal(isUntouched(hash), false);
  assert.equal(printHash(hash, 'nix32'), TEXT);
});

test('what is done to its bytes is printed', () => {
  const hash = kept();
  hash.digest[0] = (hash.digest[0] as number) ^ 1;
  assert.notEqual(printHash(hash, 'nix32'), TEXT);
  assert.equal(printHash(hash, 'nix32'), `sha256:${encodeNix32(hash.digest)}`);
});

test('of other forms, and of text that is wrong, nothing is kept', () => {
  for (const format of ['base16', 'base64', 'sri'] as const)
    assert.equal(isUntouched(parseHash(printHash(kept(), format))), false);
  for (const digest of ['2', 'z'].map((first) => first + '0'.repeat(51)))
    assert.throws(() => parseHash(`sha256:${digest}`), { code: 'ERR_PARSE_HASH', message: /not canonical/ });
});
