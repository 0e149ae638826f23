import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BinaryCache } from 'narkit/cache';
import { type Hash, parseHash } from 'narkit/hash';
import {
  parseRealisation,
  parseRealisationKey,
  printRealisation,
  type Realisation,
  type RealisationId,
  realisationFingerprint,
  realisationKey,
  signRealisation,
  validRealisationSigners,
} from 'narkit/realisation';
import { createSigner, generateSecretKey, Keyring, parseSecretKey, type Signature } from 'narkit/signature';
import { MemoryStore } from 'narkit/store';
import { parseBaseName } from 'narkit/store-path';
import { storePaths } from '../narinfo/arbitraries.ts';
import { SECRET } from '../narinfo/vectors.ts';

const HEX = '064de8bf81a2f1bfa1a35ae56689a5465bf0fbb0a055682592119592b4bfef86';
const OUT_PATH = parseBaseName('kxmcy35rn05v2h8fkx0d1nbrz0ymf72a-cadrv');
const DRV = parseBaseName('8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-cadrv.drv');
const drvHash = parseHash(`sha256:${HEX}`);
const OLD: RealisationId = { drvHash, outputName: 'out' };
const NEW: RealisationId = { drvPath: DRV, outputName: 'out' };
const OLD_TEXT = `{"dependentRealisations":{},"id":"sha256:${HEX}!out","outPath":"${OUT_PATH}","signatures":[]}`;
const OLD_KEY = `realisations/sha256:${HEX}!out.doi`;
const NEW_KEY = `build-trace-v2/${DRV}/out.doi`;
const refused = { name: 'ParseError', code: 'ERR_PARSE_REALISATION' } as const;

test('section 7: keys of both layouts', () => {
  assert.equal(realisationKey(OLD), OLD_KEY);
  assert.equal(realisationKey(NEW), NEW_KEY);
  assert.deepEqual(parseRealisationKey(OLD_KEY), OLD);
  assert.deepEqual(parseRealisationKey(NEW_KEY), NEW);
  for (const outputName of ['', 'a/b', '..', 'a!b', 'a\0'])
    for (const id of [
      { drvHash, outputName },
      { drvPath: DRV, outputName },
    ])
      assert.throws(() => realisationKey(id), { code: 'ERR_PARSE_STORE_PATH' });
});

test('section 7: what is no key of a realisation', () => {
  for (const key of [
    '',
    OUT_PATH,
    `x${OLD_KEY}`,
    `${OLD_KEY}x`,
    `${OLD_KEY}\n`,
    OLD_KEY.replace(HEX, HEX.toUpperCase()),
    OLD_KEY.replace(HEX, '11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c'),
    OLD_KEY.replace('!', ':'),
    OLD_KEY.replace('!out', '!out!out'),
    OLD_KEY.replace('!out', '!'),
    OLD_KEY.replace('!out', '!../out'),
    NEW_KEY.replace('/out', ''),
    NEW_KEY.replace('/out', '/'),
    NEW_KEY.replace('/out', '/out/out'),
    NEW_KEY.replace('/out', '/..'),
    NEW_KEY.replace(DRV, '..'),
    NEW_KEY.replace('-v2', ''),
  ])
    assert.throws(() => parseRealisationKey(key), refused, key);
});

test('section 7: the vector of the older layout', () => {
  const realisation = parseRealisation(OLD_TEXT, OLD);
  assert.deepEqual(realisation, { id: OLD, outPath: OUT_PATH, signatures: [] });
  assert.equal(printRealisation(realisation), OLD_TEXT);
  assert.equal(
    realisationFingerprint(realisation),
    `{"dependentRealisations":{},"id":"sha256:${HEX}!out","outPath":"${OUT_PATH}"}`,
  );
});

test('section 7: the newer layout', () => {
  const text = `{"outPath":"${OUT_PATH}","signatures":[{"keyName":"cache-1","sig":"AAAA"}]}`;
  const realisation = parseRealisation(text, NEW);
  const signatures: Signature[] = [{ keyName: 'cache-1', sig: new Uint8Array(3) }];
  assert.deepEqual(realisation, { id: NEW, outPath: OUT_PATH, signatures });
  assert.equal(printRealisation(realisation), text);
  assert.equal(
    realisationFingerprint(realisation),
    `{"key":{"drvPath":"${DRV}","outputName":"out"},"value":{"outPath":"${OUT_PATH}"}}`,
  );
  // Readers also accept string signatures, and a missing list.
  assert.deepEqual(
    parseRealisation(`{"signatures":["cache-1:AAAA"],"outPath":"${OUT_PATH}"}`, NEW),
    realisation,
  );
  assert.deepEqual(parseRealisation(`{"outPath":"${OUT_PATH}"}`, NEW).signatures, []);
  const dependentRealisations = [{ id: { drvHash, outputName: 'dev' }, outPath: OUT_PATH }];
  assert.throws(() => printRealisation({ ...realisation, dependentRealisations }), RangeError);
});

test('what is no realisation, or one of another output, is refused with its field', () => {
  const old = JSON.parse(OLD_TEXT) as object;
  for (const [document, field, id = OLD] of [
    [null, undefined],
    [[], undefined],
    ['x', undefined],
    [{ ...old, id: undefined }, 'id'],
    [{ ...old, id: `sha256:${HEX}!dev` }, 'id'],
    [{ ...old, id: `sha256:${HEX.replace('0', '1')}!out` }, 'id'],
    [{ ...old, id: HEX }, 'id'],
    [{ ...old, outPath: undefined }, 'outPath'],
    [{ ...old, outPath: `/nix/store/${OUT_PATH}` }, 'outPath'],
    [{ ...old, outPath: '../x' }, 'outPath'],
    [{ ...old, signatures: {} }, 'signatures'],
    [{ ...old, signatures: ['x'] }, 'signatures'],
    [{ ...old, signatures: [{ keyName: 'x' }] }, 'signatures'],
    [{ ...old, dependentRealisations: [] }, 'dependentRealisations'],
    [{ ...old, dependentRealisations: { x: OUT_PATH } }, 'dependentRealisations'],
    [{ ...old, dependentRealisations: { [`sha256:${HEX}!out`]: 'x' } }, 'dependentRealisations'],
    [{}, 'outPath', NEW],
    [{ outPath: OUT_PATH, signatures: null }, 'signatures', NEW],
  ] as [unknown, string | undefined, RealisationId?][]) {
    assert.throws(
      () => parseRealisation(JSON.stringify(document), id),
      { ...refused, field },
      JSON.stringify(document),
    );
  }
  for (const text of ['', '{', `${OLD_TEXT}x`]) assert.throws(() => parseRealisation(text, OLD), refused);
});

const hashes = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((digest): Hash => ({ algo: 'sha256', digest }));
const outputNames = fc.constantFrom('out', 'dev', 'bin-1', 'a.b+c');
const drvHashOutputs = fc.record({ drvHash: hashes, outputName: outputNames }, { noNullPrototype: true });
const signatures = fc.array(
  fc.record(
    {
      keyName: fc.string({ minLength: 1, maxLength: 9 }).filter((name) => !name.includes(':')),
      sig: fc.uint8Array({ minLength: 1, maxLength: 64 }),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 1 },
);
const old = fc.record(
  {
    id: drvHashOutputs,
    outPath: storePaths,
    signatures,
    dependentRealisations: fc.uniqueArray(
      fc.record({ id: drvHashOutputs, outPath: storePaths }, { noNullPrototype: true }),
      { minLength: 1, maxLength: 3, selector: ({ id }) => realisationKey(id) },
    ),
  },
  { noNullPrototype: true, requiredKeys: ['id', 'outPath', 'signatures'] },
);
const current = fc.record(
  {
    id: fc.record({ drvPath: storePaths, outputName: outputNames }, { noNullPrototype: true }),
    outPath: storePaths,
    signatures,
  },
  { noNullPrototype: true },
);

test('law: keys and realisations are printed and parsed again', () => {
  fc.assert(
    fc.property(fc.oneof(old, current), (made: Realisation) => {
      const { dependentRealisations, ...rest } = made;
      const sorted = dependentRealisations?.toSorted((a, b) =>
        realisationKey(a.id) < realisationKey(b.id) ? -1 : 1,
      );
      const realisation = sorted === undefined ? rest : { ...rest, dependentRealisations: sorted };
      assert.deepEqual(parseRealisationKey(realisationKey(made.id)), made.id);
      assert.deepEqual(parseRealisation(printRealisation(made), made.id), realisation);
      assert.equal(printRealisation(realisation), printRealisation(made));
    }),
  );
});

test('law: a signature holds for every fact, and for nothing else', async () => {
  const signer = createSigner(parseSecretKey(SECRET));
  const keyring = new Keyring([signer.publicKey]);
  await fc.assert(
    fc.asyncProperty(fc.oneof(old, current), storePaths, async (realisation: Realisation, other) => {
      const signed = await signRealisation(realisation, [signer]);
      assert.equal(signed.signatures.length, realisation.signatures.length + 1);
      assert.deepEqual(validRealisationSigners(signed, keyring), ['vector-1']);
      assert.deepEqual(await signRealisation(signed, [signer]), signed);
      assert.deepEqual(validRealisationSigners(realisation, keyring), []);
      for (const change of [
        { outPath: other },
        { id: { ...realisation.id, outputName: 'other' } },
        ...('drvHash' in realisation.id
          ? [
              { id: { ...realisation.id, drvHash } },
              { dependentRealisations: [{ id: { drvHash, outputName: 'x' }, outPath: other }] },
            ]
          : [{ id: { ...realisation.id, drvPath: other } }, { id: OLD }]),
      ])
        assert.deepEqual(validRealisationSigners({ ...signed, ...change }, keyring), []);
    }),
    { numRuns: 20 },
  );
  const stranger = createSigner(generateSecretKey('vector-1'));
  const forged = await signRealisation(parseRealisation(OLD_TEXT, OLD), [stranger]);
  assert.deepEqual(validRealisationSigners(forged, keyring), []);
});

test('BinaryCache.realisation: the newer layout first, then the older one', async () => {
  const store = new MemoryStore();
  const cache = new BinaryCache(store);
  const both = { drvPath: DRV, drvHash, outputName: 'out' };
  assert.equal(await cache.realisation(both), undefined);
  await store.put(OLD_KEY, new TextEncoder().encode(OLD_TEXT));
  assert.deepEqual((await cache.realisation(both))?.id, OLD);
  assert.deepEqual((await cache.realisation({ drvHash, outputName: 'out' }))?.outPath, OUT_PATH);
  assert.equal(await cache.realisation({ drvPath: DRV, outputName: 'out' }), undefined);
  assert.equal(await cache.realisation({ ...both, outputName: 'dev' }), undefined);
  await store.put(NEW_KEY, new TextEncoder().encode(`{"outPath":"${DRV}"}`));
  assert.deepEqual(await cache.realisation(both), { id: NEW, outPath: DRV, signatures: [] });
  assert.deepEqual((await cache.realisation({ drvHash, outputName: 'out' }))?.id, OLD);
  await store.put(NEW_KEY, new TextEncoder().encode('{}'));
  await assert.rejects(cache.realisation(both), refused);
  await store.put(NEW_KEY, new Uint8Array([0xff]));
  await assert.rejects(cache.realisation(both), refused);
  await assert.rejects(cache.realisation({ outputName: 'out' }), TypeError);
  const signal = AbortSignal.abort(new Error('stop'));
  await assert.rejects(cache.realisation(both, { signal }), { message: 'stop' });
});
