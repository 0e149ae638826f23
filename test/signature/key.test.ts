import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import {
  checkKeyName,
  generateSecretKey,
  parsePublicKey,
  parseSecretKey,
  printPublicKey,
  printSecretKey,
  SecretKey,
  secretKeyFromSeed,
  toPublicKey,
} from '../../src/signature/key.ts';
import { PUBLIC, SECRET } from '../narinfo/vectors.ts';

const refused = { name: 'ParseError', code: 'ERR_PARSE_KEY' } as const;
const SECRET_BASE64 = SECRET.slice(SECRET.indexOf(':') + 1);
const PUBLIC_BASE64 = PUBLIC.slice(PUBLIC.indexOf(':') + 1);
const names = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter((name) => !/[\s:]/.test(name));
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('section 4: the vector', () => {
  const key = secretKeyFromSeed(
    'vector-1',
    Uint8Array.from({ length: 32 }, (_, i) => i),
  );
  assert.equal(printSecretKey(key), SECRET);
  assert.equal(printPublicKey(toPublicKey(key)), PUBLIC);
  assert.equal(printSecretKey(parseSecretKey(SECRET)), SECRET);
  assert.equal(printPublicKey(parsePublicKey(PUBLIC)), PUBLIC);
  assert.deepEqual(toPublicKey(parseSecretKey(SECRET)), parsePublicKey(PUBLIC));
});

test('section 4: what key files hold in practice is accepted', () => {
  for (const around of [
    (text: string) => `${text}\n`,
    (text: string) => `  ${text}\r\n`,
    (text: string) => text.replace(/=+$/, ''),
    (text: string) => `${text}trailing`, // after the first '=' nothing counts
    (text: string) => `${text.slice(0, 30)}\n${text.slice(30)}`,
  ]) {
    assert.equal(printSecretKey(parseSecretKey(around(SECRET))), SECRET);
    assert.equal(printPublicKey(parsePublicKey(around(PUBLIC))), PUBLIC);
  }
});

test('section 4: what is no key', () => {
  for (const text of [
    '',
    ':',
    'name',
    'name:',
    `:${PUBLIC_BASE64}`,
    PUBLIC_BASE64,
    `a b:${PUBLIC_BASE64}`,
    'name:*',
  ]) {
    assert.throws(() => parsePublicKey(text), refused, text);
    assert.throws(() => parseSecretKey(text), refused, text);
  }
  for (const text of [`n:${PUBLIC_BASE64.slice(4)}`, `n:AAAA${PUBLIC_BASE64}`, `n:x:${PUBLIC_BASE64}`]) {
    assert.throws(() => parsePublicKey(text), refused, text);
  }
  assert.throws(() => parsePublicKey(SECRET), { ...refused, message: /64 bytes instead of 32.*secret key/ });
  assert.throws(() => parseSecretKey(PUBLIC), { ...refused, message: /32 bytes instead of 64.*public key/ });
});

test('a secret key whose halves do not belong together is refused', () => {
  const bytes = parseSecretKey(SECRET).bytes;
  for (const at of [0, 31, 32, 63]) {
    const changed = bytes.slice();
    changed[at] = (changed[at] as number) ^ 1;
    const text = `vector-1:${Buffer.from(changed).toString('base64')}`;
    assert.throws(() => parseSecretKey(text), { ...refused, message: /public half/ });
  }
});

test('names: not empty, no colon, no white space', () => {
  for (const name of ['', ' ', 'a b', 'a\tb', 'a\n', 'a:b', ':', '\u00a0', '\u2028']) {
    assert.throws(() => checkKeyName(name), { ...refused, field: 'name' }, JSON.stringify(name));
    assert.throws(() => generateSecretKey(name), refused);
  }
  for (const name of ['a', 'cache.example.org-1', 'ü', '-', '=']) assert.equal(checkKeyName(name), name);
});

test('wrong lengths are RangeErrors', () => {
  for (const length of [0, 31, 33, 64]) {
    assert.throws(() => secretKeyFromSeed('n', new Uint8Array(length)), RangeError);
  }
  for (const length of [0, 32, 63, 65])
    assert.throws(() => new SecretKey('n', new Uint8Array(length)), RangeError);
});

test('law: parse and print are inverse', () => {
  fc.assert(
    fc.property(names, seeds, (name, seed) => {
      const key = secretKeyFromSeed(name, seed);
      const again = parseSecretKey(printSecretKey(key));
      assert.equal(again.name, name);
      assert.deepEqual(again.bytes, key.bytes);
      assert.deepEqual(again.bytes.slice(0, 32), seed);
      assert.deepEqual(parsePublicKey(printPublicKey(toPublicKey(key))), toPublicKey(key));
    }),
    { numRuns: 30 },
  );
});

test('generated keys differ', () => {
  assert.notDeepEqual(generateSecretKey('n').bytes, generateSecretKey('n').bytes);
});

test('a key cannot be changed from outside, not even through a Buffer', () => {
  const bytes = Buffer.from(SECRET_BASE64, 'base64');
  const key = new SecretKey('vector-1', bytes);
  bytes.fill(0);
  key.bytes.fill(0);
  assert.equal(printSecretKey(key), SECRET);
});

test('nothing shows the secret: inspect, JSON, string, spread, clone', () => {
  const key = parseSecretKey(SECRET);
  for (const shown of [
    inspect(key),
    inspect(key, { showHidden: true, getters: true, depth: 9 }),
    inspect({ nested: [key] }, { depth: 9, getters: true }),
    JSON.stringify(key),
    String(key),
    JSON.stringify({ ...key }),
    inspect(structuredClone(key)),
    inspect(Object.getOwnPropertyDescriptors(key)),
  ]) {
    assert.doesNotMatch(shown, /AAECAw|\b31\b|1e1f/);
    assert.ok(shown.length < 500, shown);
  }
});

test('no error of parseSecretKey tells anything of the text', () => {
  const swapped = `${SECRET_BASE64}:vector-1`;
  for (const text of [
    SECRET_BASE64,
    swapped,
    `{"key":"${SECRET}"}`,
    `vector-1:${SECRET_BASE64.slice(0, 40)}!${SECRET_BASE64.slice(40)}`,
    `vector-1:${SECRET_BASE64.slice(0, 80)}`,
    `vector-1:${SECRET_BASE64.slice(4)}`,
    `vector-1:AAAA${SECRET_BASE64}`,
    `vector-1:${SECRET_BASE64.replace('ECAw', 'ECAx')}`,
    ` :${SECRET_BASE64}`,
    `vector 1:${SECRET_BASE64}`,
  ]) {
    assert.throws(
      () => parseSecretKey(text),
      (err: Error) => {
        const shown = inspect(err, { depth: 9, showHidden: true }).split('\n    at ')[0] as string;
        // Any eight characters of the key in a row would be too many.
        for (let at = 0; at + 8 <= SECRET_BASE64.length; at++) {
          const piece = SECRET_BASE64.slice(at, at + 8);
          assert.ok(!shown.includes(piece) && !String(err.cause).includes(piece), shown);
        }
        return (err as { code?: string }).code === 'ERR_PARSE_KEY';
      },
    );
  }
});
