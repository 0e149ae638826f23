import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryCache } from '../src/cache/binary-cache.ts';
import { parseHash } from '../src/hash/hash.ts';
import { readNar } from '../src/nar/read.ts';
import { writeNar } from '../src/nar/write.ts';
import { fingerprint } from '../src/narinfo/fingerprint.ts';
import { parseNarInfo } from '../src/narinfo/parse.ts';
import { parsePathInfoJson } from '../src/narinfo/path-info-json.ts';
import { printNarInfo } from '../src/narinfo/print.ts';
import { assertTrusted, isContentAddressed, signPathInfo, validSigners } from '../src/narinfo/sign.ts';
import { checkOptions, nearest } from '../src/options.ts';
import { Keyring } from '../src/signature/signature.ts';
import { MemoryStore } from '../src/store/memory.ts';
import { parseContentAddress } from '../src/store-path/content-address.ts';
import { makeContentAddressedPath } from '../src/store-path/make-store-path.ts';
import { parseStorePath } from '../src/store-path/store-path.ts';
import { B_INFO, B_NARINFO } from './narinfo/vectors.ts';

test('known options pass, whatever their values', () => {
  checkOptions('f', undefined, []);
  checkOptions('f', {}, []);
  checkOptions('f', { limit: undefined, subject: 0 }, ['limit', 'subject']);
});

test('an unknown option is a TypeError that names function, option and the nearest known one', () => {
  assert.throws(() => checkOptions('f', { storedir: 1 }, ['storeDir', 'signal']), {
    name: 'TypeError',
    message: "f: unknown option 'storedir' (did you mean 'storeDir'?)",
  });
  assert.throws(() => checkOptions('f', { zzzzzz: 1 }, ['storeDir']), {
    message: "f: unknown option 'zzzzzz'",
  });
  assert.throws(() => checkOptions('f', { toString: 1 }, []), { message: /'toString'/ });
  assert.throws(() => checkOptions('f', JSON.parse('{"__proto__":1}') as object, []), {
    message: /'__proto__'/,
  });
});

test('nearest: by edit distance, and nothing where nothing is near', () => {
  const known = ['region', 'endpoint', 'profile', 'priority'];
  for (const [word, expected] of [
    ['region', 'region'],
    ['regoin', 'region'],
    ['endpont', 'endpoint'],
    ['prority', 'priority'],
    ['', undefined],
    ['want-mass-query', undefined],
  ] as const) {
    assert.equal(nearest(word, known), expected, word);
  }
  assert.equal(nearest('x', []), undefined);
});

test('every function with options refuses an unknown one', async () => {
  const odd = { storedir: '/nix/store' } as object;
  const ca = parseContentAddress('fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw');
  const ring = new Keyring([]);
  const calls: Record<string, () => unknown> = {
    parseHash: () => parseHash('', odd),
    parseStorePath: () => parseStorePath('', odd),
    makeContentAddressedPath: () => makeContentAddressedPath('a', ca, odd),
    fingerprint: () => fingerprint(B_INFO, odd),
    parseNarInfo: () => parseNarInfo(B_NARINFO, odd),
    printNarInfo: () => printNarInfo(B_INFO, odd),
    parsePathInfoJson: () => parsePathInfoJson('[]', odd),
    signPathInfo: () => signPathInfo(B_INFO, [], odd),
    validSigners: () => validSigners(B_INFO, ring, odd),
    isContentAddressed: () => isContentAddressed(B_INFO, odd),
    assertTrusted: () => assertTrusted(B_INFO, ring, odd),
    readNar: () => readNar(new Uint8Array(0), odd).next(),
    writeNar: () => writeNar([], odd).next(),
    BinaryCache: () => new BinaryCache(new MemoryStore(), odd),
  };
  for (const [name, call] of Object.entries(calls)) {
    await assert.rejects(
      async () => call(),
      (err: Error) =>
        err instanceof TypeError && err.message.startsWith(`${name}: unknown option 'storedir'`),
      name,
    );
  }
});
