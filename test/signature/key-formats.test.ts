import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKeyInput,
  type KeyObject,
} from 'node:crypto';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import {
  exportPublicKey,
  exportSecretKey,
  importPublicKey,
  importSecretKey,
  parsePublicKey,
  parseSecretKey,
  printSecretKey,
  secretKeyFromSeed,
  toPublicKey,
} from 'narkit/signature';
import { PUBLIC, SECRET } from '../narinfo/vectors.ts';

const refused = { name: 'ParseError', code: 'ERR_PARSE_KEY' } as const;
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const vector = parseSecretKey(SECRET);
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const der = (key: KeyObject, type: 'pkcs8' | 'spki'): Uint8Array =>
  Uint8Array.from(key.export({ format: 'der', type } as { format: 'der'; type: 'pkcs8' }));

/** RFC 8410 section 10.3, the second key: version 1, an attribute, the public key. */
const RFC_8410 = `-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
`;
const RFC_8410_PUBLIC = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
`;

test('RFC 8410: its examples, with attributes and public key', () => {
  const key = importSecretKey('rfc', 'pem', RFC_8410);
  assert.equal(exportPublicKey(toPublicKey(key), 'pem'), RFC_8410_PUBLIC);
  assert.deepEqual(importPublicKey('rfc', 'pem', RFC_8410_PUBLIC), toPublicKey(key));
  assert.ok(
    exportSecretKey(key, 'pem').includes('MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC'),
  );
});

test('RFC 8037 appendix A: its key', () => {
  const jwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  };
  const key = importSecretKey('rfc', 'jwk', jwk);
  assert.deepEqual(exportSecretKey(key, 'jwk'), jwk);
  const { d: _, ...publicJwk } = jwk;
  assert.deepEqual(exportPublicKey(toPublicKey(key), 'jwk'), publicJwk);
  assert.deepEqual(importPublicKey('rfc', 'jwk', { ...publicJwk, kid: 'x', alg: 'EdDSA' }), toPublicKey(key));
});

test('both directions with node:crypto', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const key = secretKeyFromSeed('k', seed);
      const publicKey = toPublicKey(key);
      const theirs = createPrivateKey(exportSecretKey(key, 'pem'));
      assert.deepEqual(exportSecretKey(key, 'pkcs8'), der(theirs, 'pkcs8'));
      assert.equal(exportSecretKey(key, 'pem'), theirs.export({ format: 'pem', type: 'pkcs8' }));
      assert.deepEqual(exportSecretKey(key, 'jwk'), { ...theirs.export({ format: 'jwk' }) });
      const theirPublic = createPublicKey(theirs);
      assert.deepEqual(exportPublicKey(publicKey, 'spki'), der(theirPublic, 'spki'));
      assert.equal(exportPublicKey(publicKey, 'pem'), theirPublic.export({ format: 'pem', type: 'spki' }));
      assert.deepEqual(exportPublicKey(publicKey, 'jwk'), { ...theirPublic.export({ format: 'jwk' }) });
      const input: JsonWebKeyInput = { key: { ...exportSecretKey(key, 'jwk') }, format: 'jwk' };
      assert.ok(createPrivateKey(input).equals(theirs));
    }),
    { numRuns: 20 },
  );
});

test('law: import(export(key)) = key, in every format', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const key = secretKeyFromSeed('k-1', seed);
      for (const format of ['seed', 'libsodium', 'pkcs8', 'pem', 'jwk'] as const) {
        const again = importSecretKey('k-1', format, exportSecretKey(key, format));
        assert.equal(printSecretKey(again), printSecretKey(key));
      }
      for (const format of ['raw', 'spki', 'pem', 'jwk'] as const) {
        const exported = exportPublicKey(toPublicKey(key), format);
        assert.deepEqual(importPublicKey('k-1', format, exported), toPublicKey(key));
      }
    }),
    { numRuns: 20 },
  );
});

test('openssl reads ours, and we read openssl', (t) => {
  if (spawnSync('openssl', ['version']).status !== 0) return t.skip('openssl is not available');
  const openssl = (args: string[], input = ''): string =>
    execFileSync('openssl', args, { input, encoding: 'utf8' });
  const key = importSecretKey('k', 'pem', openssl(['genpkey', '-algorithm', 'ed25519']));
  const pem = exportSecretKey(key, 'pem');
  assert.equal(openssl(['pkey'], pem), pem);
  assert.equal(openssl(['pkey', '-pubout'], pem), exportPublicKey(toPublicKey(key), 'pem'));
});

test('keys of other algorithms are refused by name', () => {
  for (const [pair, name] of [
    [generateKeyPairSync('x25519'), /X25519/],
    [generateKeyPairSync('ed448'), /Ed448/],
    [generateKeyPairSync('ec', { namedCurve: 'P-256' }), /elliptic curve/],
  ] as const) {
    assert.throws(() => importSecretKey('k', 'pkcs8', der(pair.privateKey, 'pkcs8')), {
      ...refused,
      message: name,
    });
    assert.throws(() => importPublicKey('k', 'spki', der(pair.publicKey, 'spki')), {
      ...refused,
      message: name,
    });
    assert.throws(() => importSecretKey('k', 'jwk', pair.privateKey.export({ format: 'jwk' })), refused);
    assert.throws(() => importPublicKey('k', 'jwk', pair.publicKey.export({ format: 'jwk' })), refused);
  }
  const unknown = hex(`302e 020100 3005 0603 2b6501 0422 0420 ${'00'.repeat(32)}`);
  assert.throws(() => importSecretKey('k', 'pkcs8', unknown), { ...refused, message: /1\.3\.101\.1\b/ });
});

test('a wrong public half is refused', () => {
  const flip = (bytes: Uint8Array, at: number): Uint8Array => {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    return changed;
  };
  const wrong = { ...refused, message: /public half does not belong/ };
  const libsodium = exportSecretKey(vector, 'libsodium');
  for (const at of [0, 31, 32, 63]) {
    assert.throws(() => importSecretKey('k', 'libsodium', flip(libsodium, at)), wrong);
  }
  const rfc = Uint8Array.from(Buffer.from(RFC_8410.split('\n').slice(1, 4).join(''), 'base64'));
  assert.ok(importSecretKey('k', 'pkcs8', rfc));
  assert.throws(() => importSecretKey('k', 'pkcs8', flip(rfc, rfc.length - 1)), wrong);
  const jwk = exportSecretKey(vector, 'jwk');
  const { x } = exportSecretKey(secretKeyFromSeed('o', new Uint8Array(32)), 'jwk');
  assert.throws(() => importSecretKey('k', 'jwk', { ...jwk, x }), wrong);
});

test('DER is read to the letter', () => {
  const seed = '00'.repeat(32);
  const good = `302e 020100 3005 0603 2b6570 0422 0420 ${seed}`;
  const pub = Buffer.from(toPublicKey(importSecretKey('k', 'pkcs8', hex(good))).bytes).toString('hex');
  assert.ok(
    importSecretKey('k', 'pkcs8', hex(`3051 020101 3005 0603 2b6570 0422 0420 ${seed} 8121 00 ${pub}`)),
  );
  for (const [what, text] of [
    ['empty', ''],
    ['trailing byte', `${good} 00`],
    ['cut off', good.slice(0, -2)],
    ['only a tag', '30'],
    ['long form of a short length', `30812e 020100 3005 0603 2b6570 0422 0420 ${seed}`],
    ['indefinite length', `3080 020100 3005 0603 2b6570 0422 0420 ${seed} 0000`],
    ['huge length', '3084ffffffff 020100'],
    ['length beyond the end', '30820fff 020100'],
    ['version 2', `302e 020102 3005 0603 2b6570 0422 0420 ${seed}`],
    ['version of two bytes', `302f 02020000 3005 0603 2b6570 0422 0420 ${seed}`],
    ['NULL parameters', `3030 020100 3007 0603 2b6570 0500 0422 0420 ${seed}`],
    ['seed not wrapped', `302c 020100 3005 0603 2b6570 0420 ${seed}`],
    ['short seed', `302d 020100 3005 0603 2b6570 0421 041f ${seed.slice(2)}`],
    ['bytes after the seed', `302f 020100 3005 0603 2b6570 0423 0420 ${seed} 00`],
    ['public key in version 0', `3051 020100 3005 0603 2b6570 0422 0420 ${seed} 8121 00 ${pub}`],
    ['public key with unused bits', `3051 020101 3005 0603 2b6570 0422 0420 ${seed} 8121 01 ${pub}`],
    ['short public key', `3050 020101 3005 0603 2b6570 0422 0420 ${seed} 8120 00 ${pub.slice(2)}`],
    ['field after the public key', `3053 020101 3005 0603 2b6570 0422 0420 ${seed} 8121 00 ${pub} 0500`],
    ['a public key', `302a 3005 0603 2b6570 0321 00 ${pub}`],
  ] as const) {
    assert.throws(() => importSecretKey('k', 'pkcs8', hex(text)), refused, what);
  }
  for (const [what, text] of [
    ['trailing byte', `302a 3005 0603 2b6570 0321 00 ${pub} 00`],
    ['inner trailing', `302c 3005 0603 2b6570 0321 00 ${pub} 0500`],
    ['unused bits', `302a 3005 0603 2b6570 0321 07 ${pub}`],
    ['33 bytes', `302b 3005 0603 2b6570 0322 00 ${pub} 00`],
    ['a secret key', good],
  ] as const) {
    assert.throws(() => importPublicKey('k', 'spki', hex(text)), refused, what);
  }
});

test('PEM: one block of the right label, canonical base64, white space around', () => {
  const pem = exportSecretKey(vector, 'pem');
  for (const text of [`\n ${pem} \n`, pem.replaceAll('\n', '\r\n'), pem.trim()]) {
    assert.equal(printSecretKey(importSecretKey('vector-1', 'pem', text)), SECRET);
  }
  for (const text of [
    '',
    `${pem}x`,
    `x${pem}`,
    pem + pem,
    pem.replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'),
    pem.replaceAll('PRIVATE KEY', 'PUBLIC KEY'),
    pem.replace('END PRIVATE KEY', 'END PUBLIC KEY'),
    pem.replace('\n-----END', 'AAAA\n-----END'),
    pem.replace('\n-----END', '=\n-----END'),
    pem.replace('MC4', 'MC.4'),
    exportPublicKey(toPublicKey(vector), 'pem'),
  ]) {
    assert.throws(() => importSecretKey('k', 'pem', text), refused, text);
  }
  const spaces = `-----BEGIN PRIVATE KEY-----${' '.repeat(1_000_000)}`;
  assert.throws(() => importSecretKey('k', 'pem', spaces), refused);
});

test('JWK: what is in the way of the use, or not canonical', () => {
  const jwk = exportSecretKey(vector, 'jwk');
  for (const more of [
    {},
    { use: 'sig' },
    { alg: 'Ed25519' },
    { key_ops: ['sign'] },
    { ext: true, kid: 'a' },
  ]) {
    assert.equal(printSecretKey(importSecretKey('vector-1', 'jwk', { ...jwk, ...more })), SECRET);
  }
  for (const change of [
    { kty: 'EC' },
    { crv: 'X25519' },
    { alg: 'ES256' },
    { use: 'enc' },
    { key_ops: ['verify'] },
    { key_ops: 'sign' },
    { d: undefined },
    { d: `${jwk.d}=` },
    { d: jwk.d.slice(1) },
    { d: `${jwk.d}AA` },
    { x: 7 },
    { x: 'A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg' },
    // The last digit carries two bits that no byte has.
    { x: `${jwk.x.slice(0, -1)}h` },
  ]) {
    assert.throws(() => importSecretKey('k', 'jwk', { ...jwk, ...change }), refused, inspect(change));
  }
  assert.throws(() => importPublicKey('k', 'jwk', jwk), { ...refused, field: 'd', message: /secret key/ });
  const { d: _, ...publicJwk } = jwk;
  assert.throws(() => importSecretKey('k', 'jwk', publicJwk), { ...refused, message: /public key/ });
});

test('wrong kinds of arguments and lengths', () => {
  assert.throws(() => importSecretKey('k', 'seed', 'text' as unknown as Uint8Array), TypeError);
  assert.throws(() => importSecretKey('k', 'pem', new Uint8Array(3) as unknown as string), TypeError);
  assert.throws(() => importSecretKey('k', 'jwk', 'text' as unknown as object), TypeError);
  assert.throws(() => importSecretKey('k', 'toString' as 'seed', new Uint8Array(32)), TypeError);
  assert.throws(() => exportSecretKey(vector, 'spki' as 'seed'), TypeError);
  assert.throws(() => exportSecretKey(vector, 'toString' as 'seed'), TypeError);
  assert.throws(() => exportPublicKey(toPublicKey(vector), 'seed' as 'raw'), TypeError);
  assert.throws(() => importSecretKey('a b', 'seed', new Uint8Array(32)), refused);
  for (const length of [0, 31, 33, 64]) {
    assert.throws(() => importSecretKey('k', 'seed', new Uint8Array(length)), refused);
    assert.throws(() => importPublicKey('k', 'raw', new Uint8Array(length)), refused);
  }
  assert.throws(() => importSecretKey('k', 'libsodium', new Uint8Array(32)), refused);
});

test('an imported key shares no bytes with its source, nor an exported one', () => {
  const raw = Uint8Array.from(parsePublicKey(PUBLIC).bytes);
  const key = importPublicKey('vector-1', 'raw', raw);
  raw.fill(0);
  exportPublicKey(key, 'raw').fill(0);
  assert.deepEqual(key, parsePublicKey(PUBLIC));
  exportSecretKey(vector, 'libsodium').fill(0);
  exportSecretKey(vector, 'seed').fill(0);
  assert.equal(printSecretKey(vector), SECRET);
});

test('law: no damaged key is told of in a message, and none throws anything untyped', () => {
  const key = secretKeyFromSeed(
    'k',
    Uint8Array.from({ length: 32 }, (_, i) => 200 - i * 3),
  );
  const pem = exportSecretKey(key, 'pem');
  const secret = pem.split('\n')[1] as string;
  const pkcs8 = exportSecretKey(key, 'pkcs8');
  const quiet = (work: () => unknown): void => {
    try {
      work();
    } catch (err) {
      const shown = inspect(err, { depth: 9, showHidden: true }).split('\n    at ')[0] as string;
      for (let at = 22; at + 8 <= secret.length; at++)
        assert.ok(!shown.includes(secret.slice(at, at + 8)), shown);
      assert.equal((err as { code?: string }).code, 'ERR_PARSE_KEY', shown);
    }
  };
  fc.assert(
    fc.property(fc.nat(pem.length), fc.nat(10), fc.string({ maxLength: 4 }), (at, drop, insert) => {
      quiet(() => importSecretKey('k', 'pem', pem.slice(0, at) + insert + pem.slice(at + drop)));
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.nat(pkcs8.length), fc.nat(3), fc.uint8Array({ maxLength: 3 }), (at, drop, insert) => {
      quiet(() =>
        importSecretKey(
          'k',
          'pkcs8',
          Uint8Array.of(...pkcs8.slice(0, at), ...insert, ...pkcs8.slice(at + drop)),
        ),
      );
    }),
    { numRuns: 300 },
  );
  quiet(() => importSecretKey('k', 'jwk', { ...exportSecretKey(key, 'jwk'), d: `${secret}=` }));
});
