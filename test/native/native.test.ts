import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash as nobleHash, Point } from '@noble/ed25519';
import fc from 'fast-check';
import type { DigestAlgo, Native } from '../../src/native/native.ts';
import * as node from '../../src/native/node.ts';
import * as portable from '../../src/native/portable.ts';

const twins: [string, Native][] = [
  ['portable', portable],
  ['node', node],
];
const ALGOS: DigestAlgo[] = ['md5', 'sha1', 'sha256', 'sha512', 'blake3'];
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const messages = fc.uint8Array({ maxLength: 200 });

/** RFC 8032 section 7.1, tests 1 to 3. */
const RFC8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

test('hashes: the twins agree, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ALGOS), fc.array(messages, { maxLength: 4 }), (algo, chunks) => {
      const digests = twins.map(([, native]) => {
        const hasher = native.createHasher(algo);
        for (const chunk of chunks) hasher.update(chunk);
        return hasher.digest();
      });
      const whole = portable.createHasher(algo);
      whole.update(new Uint8Array(Buffer.concat(chunks)));
      assert.deepEqual(digests[0], digests[1]);
      assert.deepEqual(digests[0], whole.digest());
    }),
  );
});

for (const [name, native] of twins) {
  test(`${name}: digests of nothing`, () => {
    for (const [algo, digest] of [
      ['md5', 'd41d8cd98f00b204e9800998ecf8427e'],
      ['sha1', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
      ['sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      ['blake3', 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
    ] as const) {
      assert.equal(toHex(native.createHasher(algo).digest()), digest);
    }
  });

  test(`${name}: RFC 8032 vectors`, () => {
    for (const [seed, publicKey, message, signature] of RFC8032) {
      assert.equal(toHex(native.ed25519PublicKey(hex(seed))), publicKey);
      assert.equal(toHex(native.ed25519Signer(hex(seed))(hex(message))), signature);
      assert.ok(native.ed25519Verifier(hex(publicKey))(hex(message), hex(signature)));
    }
  });

  test(`${name}: buffers are plain Uint8Arrays that own all their memory`, () => {
    for (const bytes of [
      native.allocate(100),
      native.randomBytes(32),
      native.createHasher('sha256').digest(),
      native.ed25519PublicKey(new Uint8Array(32)),
      native.ed25519Signer(new Uint8Array(32))(new Uint8Array(0)),
    ]) {
      // A Buffer's slice() is a view, and the pool it may lie in holds other people's bytes.
      assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
      assert.equal(bytes.buffer.byteLength, bytes.length);
    }
    assert.notDeepEqual(native.randomBytes(32), native.randomBytes(32));
  });

  test(`${name}: wrong lengths: keys throw, verification says no`, () => {
    const seed = new Uint8Array(32).fill(1);
    const publicKey = native.ed25519PublicKey(seed);
    const signature = native.ed25519Signer(seed)(seed);
    for (const length of [0, 31, 33, 64]) {
      const bytes = new Uint8Array(length).fill(1);
      assert.throws(() => native.ed25519PublicKey(bytes), `seed of ${length}`);
      assert.throws(() => native.ed25519Signer(bytes)(seed), `seed of ${length}`);
      assert.equal(native.ed25519Verifier(bytes)(seed, signature), false, `public key of ${length}`);
    }
    for (const length of [0, 63, 65]) {
      const bytes = new Uint8Array(length);
      bytes.set(signature.subarray(0, length));
      assert.equal(native.ed25519Verifier(publicKey)(seed, bytes), false, `signature of ${length}`);
    }
  });
}

test('Ed25519: the twins agree on keys and signatures, and refuse the same', () => {
  fc.assert(
    fc.property(seeds, messages, fc.nat(511), fc.nat(255), (seed, message, sigBit, keyBit) => {
      const [publicKey, other] = [node.ed25519PublicKey(seed), portable.ed25519PublicKey(seed)];
      assert.deepEqual(publicKey, other);
      const signature = node.ed25519Signer(seed)(message);
      assert.deepEqual(signature, portable.ed25519Signer(seed)(message));
      for (const [, native] of twins) {
        assert.equal(native.ed25519Verifier(publicKey)(message, signature), true);
        assert.equal(native.ed25519Verifier(publicKey)(message, flip(signature, sigBit)), false);
        assert.equal(native.ed25519Verifier(flip(publicKey, keyBit))(message, signature), false);
        assert.equal(native.ed25519Verifier(publicKey)(Uint8Array.of(...message, 0), signature), false);
      }
    }),
    { numRuns: 12 },
  );
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const out = bytes.slice();
  out[bit >> 3] = (out[bit >> 3] as number) ^ (1 << (bit & 7));
  return out;
}

// What follows are the corners where Ed25519 implementations differ. The rule here is that of
// libsodium 1.0.18: S below L, no small order and no unreduced y in key and R, no cofactor.

const { p: P, n: L } = Point.CURVE();
const numberLE = (bytes: Uint8Array): bigint => BigInt(`0x0${toHex(bytes.slice().reverse())}`);
const bytesLE = (value: bigint): Uint8Array => hex(value.toString(16).padStart(64, '0')).reverse();
/** A point of order 8; its multiples are the whole small subgroup. */
const TORSION = Point.fromBytes(hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'));
const message = hex('6d657373616765');

/** Signs with any scalars and any points added on top: `[s]B = R + [k]A` holds up to the torsion. */
function craft(
  secret: bigint,
  keyTorsion: Point,
  nonce: bigint,
  nonceTorsion: Point,
): [Uint8Array, Uint8Array] {
  const key = (secret === 0n ? Point.ZERO : Point.BASE.multiply(secret)).add(keyTorsion).toBytes();
  const r = (nonce === 0n ? Point.ZERO : Point.BASE.multiply(nonce)).add(nonceTorsion).toBytes();
  const k = numberLE(nobleHash(Uint8Array.of(...r, ...key, ...message))) % L;
  const s = (nonce + k * secret) % L;
  return [key, Uint8Array.of(...r, ...bytesLE(s))];
}

function verdicts(key: Uint8Array, signature: Uint8Array): boolean[] {
  return twins.map(([, native]) => native.ed25519Verifier(key)(message, signature));
}

test('Ed25519: a crafted honest signature is accepted (the crafting is right)', () => {
  assert.deepEqual(verdicts(...craft(12345n, Point.ZERO, 6789n, Point.ZERO)), [true, true]);
});

test('Ed25519: S + L is the same equation, and refused', () => {
  const [key, signature] = craft(12345n, Point.ZERO, 6789n, Point.ZERO);
  const s = numberLE(signature.slice(32)) + L;
  const malleable = Uint8Array.of(...signature.subarray(0, 32), ...bytesLE(s));
  assert.deepEqual(verdicts(key, malleable), [false, false]);
});

test('Ed25519: every public key of small order is refused, in every encoding', () => {
  const encodings = new Set<string>();
  let point = Point.ZERO;
  for (let i = 0; i < 8; i++, point = point.add(TORSION)) {
    const canonical = point.toBytes();
    encodings.add(toHex(canonical));
    encodings.add(toHex(flip(canonical, 255)));
    if (point.y + P < 2n ** 255n) {
      encodings.add(toHex(bytesLE(point.y + P)));
      encodings.add(toHex(flip(bytesLE(point.y + P), 255)));
    }
  }
  assert.equal(encodings.size, 14);
  const zeroScalar = new Uint8Array(32);
  for (const encoding of encodings) {
    const key = hex(encoding);
    // With A of small order, R = B and S = 1 solve [S]B = R + [k]A for every k that A's order divides.
    for (let nonce = 1n; nonce < 12n; nonce++) {
      const r = Point.BASE.multiply(nonce).toBytes();
      assert.deepEqual(verdicts(key, Uint8Array.of(...r, ...bytesLE(nonce))), [false, false], encoding);
    }
    for (const r of encodings) {
      assert.deepEqual(verdicts(key, Uint8Array.of(...hex(r), ...zeroScalar)), [false, false], encoding);
    }
  }
});

test('Ed25519: an R of small order is refused', () => {
  for (let i = 0, torsion = Point.ZERO; i < 8; i++, torsion = torsion.add(TORSION)) {
    assert.deepEqual(verdicts(...craft(12345n, Point.ZERO, 0n, torsion)), [false, false], `R = ${i}T`);
  }
});

test('Ed25519: no cofactor: what is right only up to small order is refused, by both', () => {
  for (let i = 1, torsion = TORSION; i < 8; i++, torsion = torsion.add(TORSION)) {
    assert.deepEqual(verdicts(...craft(12345n, Point.ZERO, 6789n, torsion)), [false, false], `R + ${i}T`);
    // With T in the key the equation holds by accident for one k in ord(T): then both may accept.
    for (let nonce = 1n; nonce < 20n; nonce++) {
      const [portably, onNode] = verdicts(...craft(12345n, torsion, nonce, Point.ZERO));
      assert.equal(portably, onNode, `A + ${i}T, nonce ${nonce}`);
    }
  }
});

test('Ed25519: keys and R that are no points, or y at and above p, are refused without a throw', () => {
  const [key, signature] = craft(12345n, Point.ZERO, 6789n, Point.ZERO);
  const s = signature.subarray(32);
  const odd = [P, P + 1n, P + 3n, 2n ** 255n - 1n, 2n].map(bytesLE);
  for (const bytes of [...odd, ...odd.map((b) => flip(b, 255)), new Uint8Array(32).fill(255)]) {
    assert.deepEqual(verdicts(bytes, signature), [false, false], toHex(bytes));
    assert.deepEqual(verdicts(key, Uint8Array.of(...bytes, ...s)), [false, false], toHex(bytes));
  }
});

test('Ed25519: verifiers keep their own copy of the key', () => {
  for (const [name, native] of twins) {
    const [key, signature] = craft(12345n, Point.ZERO, 6789n, Point.ZERO);
    const verify = native.ed25519Verifier(key);
    key.fill(0);
    assert.equal(verify(message, signature), true, name);
    const seed = new Uint8Array(32).fill(5);
    const signer = native.ed25519Signer(seed);
    const before = signer(message);
    seed.fill(0);
    assert.deepEqual(signer(message), before, name);
  }
});
