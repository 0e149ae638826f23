import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePolicy, type NarInfo, type PolicyDecision, signPathInfo } from 'narkit/narinfo';
import {
  createSigner,
  type PolicyKey,
  type PolicyRequirement,
  printPublicKey,
  type Signer,
  secretKeyFromSeed,
  type TrustPolicy,
} from 'narkit/signature';
import { parseContentAddress } from 'narkit/store-path';
import { B_INFO } from './vectors.ts';

const signerOf = (name: string, byte: number): Signer =>
  createSigner(secretKeyFromSeed(name, new Uint8Array(32).fill(byte)));
const [one, two, three] = [signerOf('one', 1), signerOf('two', 2), signerOf('three', 3)];
/** The same bytes as `one`. */
const twin = signerOf('twin', 1);
const keyOf = (signer: Signer): PolicyKey => ({ publicKey: printPublicKey(signer.publicKey) });
const { ca: _, ...rest } = B_INFO;
const bare: NarInfo = { ...rest, signatures: [] };
const byBoth = await signPathInfo(bare, [one, two]);
const byOne = await signPathInfo(bare, [one]);

function decide(
  require: PolicyRequirement,
  info: NarInfo,
  more: Partial<TrustPolicy> = {},
  now = '2026-06-01',
): PolicyDecision {
  const policy: TrustPolicy = { keys: [one, two, three].map(keyOf), rules: [{ require }], ...more };
  // Through JSON: a policy is data.
  return compilePolicy(JSON.parse(JSON.stringify(policy))).evaluate(info, { now: new Date(now) });
}

const codes = ({ reasons }: PolicyDecision): string[] => reasons.map(({ code }) => code);

test('n of m different keys', () => {
  assert.equal(decide({ signatures: 2 }, byBoth).trusted, true);
  assert.equal(decide({ signatures: 2 }, byOne).trusted, false);
  assert.equal(decide({ signatures: 3 }, byBoth).trusted, false);
  assert.equal(decide({ signatures: 1, keys: ['three'] }, byBoth).trusted, false);
  assert.equal(decide({ signatures: 1, keys: ['two', 'three'] }, byBoth).trusted, true);
  assert.equal(decide({ signatures: 1 }, bare).trusted, false);
  const repeated = { ...byOne, signatures: [...byOne.signatures, ...byOne.signatures] };
  assert.equal(decide({ signatures: 2 }, repeated).trusted, false);
});

test('one key under two names is one key', async () => {
  const info = await signPathInfo(byOne, [twin]);
  const keys = [one, two, twin].map(keyOf);
  assert.equal(decide({ signatures: 2 }, info, { keys }).trusted, false);
  assert.equal(decide({ signatures: 2, keys: ['one', 'twin', 'two'] }, info, { keys }).trusted, false);
  assert.equal(decide({ signatures: 2 }, await signPathInfo(info, [two]), { keys }).trusted, true);
});

test('any of and all of', () => {
  const [first, second] = [
    { signatures: 1, keys: ['one'] },
    { signatures: 1, keys: ['two'] },
  ];
  assert.equal(decide({ anyOf: [second, first] }, byOne).trusted, true);
  assert.equal(decide({ allOf: [first, second] }, byOne).trusted, false);
  assert.equal(decide({ allOf: [first, { anyOf: [second] }] }, byBoth).trusted, true);
});

test('a changed path, an unknown key, a revoked key', () => {
  assert.deepEqual(codes(decide({ signatures: 1 }, { ...byOne, narSize: 169 })), ['mismatch']);
  const keys = [keyOf(two)];
  assert.deepEqual(codes(decide({ signatures: 1 }, byOne, { keys })), ['unknown-key']);
  for (const revoked of [['one'], [printPublicKey(one.publicKey)], [printPublicKey(twin.publicKey)]]) {
    const decision = decide({ signatures: 1 }, byOne, { revoked });
    assert.deepEqual([decision.trusted, codes(decision)], [false, ['revoked']]);
  }
  assert.equal(decide({ signatures: 1 }, byOne, { revoked: ['two', 'twin'] }).trusted, true);
});

test('a signature of another length does not count, and says so', () => {
  const [good] = byOne.signatures;
  assert.ok(good);
  const short = { ...good, sig: good.sig.slice(1) };
  const decision = decide({ signatures: 1 }, { ...bare, signatures: [short] });
  assert.deepEqual([decision.trusted, codes(decision)], [false, ['bad-length']]);
  assert.equal(decide({ signatures: 1 }, { ...bare, signatures: [short, good] }).trusted, true);
});

test('the reasons for people', () => {
  assert.equal(decide({ signatures: 3 }, byBoth).text, "'one': valid; 'two': valid");
  assert.equal(decide({ signatures: 1 }, bare).text, 'there is no signature');
  const addressed = { ...B_INFO, signatures: byOne.signatures };
  assert.equal(
    decide({ signatures: 3 }, addressed, { revoked: ['one'] }).text,
    "'one': the key is revoked; the path follows from its content address",
  );
});

test('a compiled policy stays as it was', () => {
  const key = { ...keyOf(one) };
  const policy = { keys: [key], rules: [{ require: { signatures: 1 } as PolicyRequirement }] };
  const compiled = compilePolicy(policy);
  policy.rules[0] = { require: { contentAddressed: true } };
  policy.keys.length = 0;
  assert.equal(compiled.evaluate(byOne).trusted, true);
  assert.equal(compiled.evaluate(bare).trusted, false);
  assert.throws(() => compiled.evaluate(byOne, { storedir: '/x' } as object), /did you mean 'storeDir'/);
});

test('not before, not after', () => {
  const keys = [{ ...keyOf(one), notBefore: '2026-01-01', notAfter: '2026-12-31T23:59:59+02:00' }];
  const at = (now: string): unknown => codes(decide({ signatures: 1 }, byOne, { keys }, now))[0];
  assert.equal(at('2025-12-31T23:59:59.999Z'), 'not-yet-valid');
  assert.equal(at('2026-01-01T00:00:00Z'), 'valid');
  assert.equal(at('2026-12-31T21:59:59Z'), 'valid');
  assert.equal(at('2026-12-31T21:59:59.001Z'), 'expired');
  assert.equal(decide({ signatures: 1 }, byOne, { keys }, '2027-01-01').trusted, false);
});

test('content-addressed: where the policy has it, and where the path follows', () => {
  const addressed: NarInfo = { ...B_INFO, signatures: [] };
  const either: PolicyRequirement = { anyOf: [{ signatures: 1 }, { contentAddressed: true }] };
  const seen = (require: PolicyRequirement, info: NarInfo): boolean[] => {
    const { trusted, contentMustMatch } = decide(require, info);
    return [trusted, contentMustMatch];
  };
  assert.deepEqual(seen(either, addressed), [true, true]);
  assert.deepEqual(seen({ signatures: 1 }, addressed), [false, false]);
  assert.deepEqual(seen(either, { ...addressed, signatures: byOne.signatures }), [true, false]);
  const both: PolicyRequirement = { allOf: [{ signatures: 1 }, { contentAddressed: true }] };
  assert.deepEqual(seen(both, { ...addressed, signatures: byOne.signatures }), [true, true]);
  assert.deepEqual(seen(both, byOne), [false, false]);
  const ca = parseContentAddress('text:sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z');
  assert.deepEqual(seen(either, { ...addressed, ca }), [false, false]);
  assert.deepEqual(codes(decide(either, { ...addressed, ca })), ['false-content-address']);
});

test('the first rule that matches the name decides', () => {
  const rules = (names: string[]): Partial<TrustPolicy> => ({
    rules: [{ names, require: { signatures: 1 } }, { require: { signatures: 2 } }],
  });
  const MATCHES: [string, boolean][] = [
    ['b.txt', true],
    ['*', true],
    ['b*', true],
    ['*.txt', true],
    ['b*.*t', true],
    ['b.txt*', true],
    ['b.tx*xt', false],
    ['B.txt', false],
    ['b?txt', false],
    ['.txt', false],
    ['*.*.txt', false],
    ['', false],
  ];
  for (const [pattern, expected] of MATCHES) {
    assert.equal(decide({ signatures: 1 }, byOne, rules([pattern])).trusted, expected, pattern);
  }
  const none = decide({ signatures: 1 }, byOne, { rules: [{ names: ['a*'], require: { signatures: 1 } }] });
  assert.deepEqual([none.trusted, codes(none)], [false, ['valid', 'no-rule']]);
});

test('another store directory has other fingerprints', async () => {
  const info = await signPathInfo(bare, [one], { storeDir: '/gnu/store' });
  const policy: TrustPolicy = { keys: [keyOf(one)], rules: [{ require: { signatures: 1 } }] };
  assert.equal(compilePolicy(policy).evaluate(info).trusted, false);
  assert.equal(compilePolicy(policy).evaluate(info, { storeDir: '/gnu/store' }).trusted, true);
});

test('a policy that cannot mean what it says is refused', () => {
  const wrong: [object, new () => Error][] = [
    [{ signatures: 0 }, RangeError],
    [{ signatures: 4 }, RangeError],
    [{ signatures: 1.5 }, RangeError],
    [{ signatures: 2, keys: ['one', 'one'] }, RangeError],
    [{ signatures: 1, keys: ['on'] }, RangeError],
    [{ signatures: 1, key: ['one'] }, TypeError],
    [{ anyOf: [] }, RangeError],
    [{ anyOf: [{ allOf: [] }] }, RangeError],
    [{ anyOf: [{ signatures: 1 }], allOf: [] }, TypeError],
    [{ contentAddressed: false }, TypeError],
    [{}, TypeError],
  ];
  for (const [require, kind] of wrong) {
    assert.throws(() => decide(require as PolicyRequirement, byOne), kind, JSON.stringify(require));
  }
  const need: PolicyRequirement = { signatures: 1 };
  assert.throws(() => decide(need, byOne, { keys: [keyOf(one), keyOf(one)] }), RangeError);
  for (const notAfter of ['soon', '2026', '2026-13-01', '2026-01-01T00:00:00', '']) {
    assert.throws(() => decide(need, byOne, { keys: [{ ...keyOf(one), notAfter }] }), RangeError, notAfter);
  }
  assert.throws(() => decide(need, byOne, { keys: [{ publicKey: 'one' }] }), { code: 'ERR_PARSE_KEY' });
  assert.throws(() => decide(need, byOne, { revoke: [] } as object), TypeError);
  assert.throws(() => decide(need, byOne, {}, 'never'), RangeError);
});
