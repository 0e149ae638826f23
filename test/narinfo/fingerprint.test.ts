import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHash } from '../../src/hash/hash.ts';
import { fingerprint } from '../../src/narinfo/fingerprint.ts';
import type { NarInfo } from '../../src/narinfo/path-info.ts';
import { parseStorePath } from '../../src/store-path/store-path.ts';
import { narInfos, storePaths } from './arbitraries.ts';
import { A_FINGERPRINT, A_PATH, B_FINGERPRINT, B_INFO } from './vectors.ts';

const A = parseStorePath(A_PATH);

test('section 4: the vectors', () => {
  const narHash = parseHash('sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw');
  assert.equal(fingerprint({ storePath: A, narHash, narSize: 120, references: [] }), A_FINGERPRINT);
  assert.equal(fingerprint(B_INFO), B_FINGERPRINT);
});

test('section 4: full paths in any store directory, references sorted and each once, self-reference too', () => {
  const info = { ...B_INFO, references: [A, B_INFO.storePath, A] };
  assert.ok(fingerprint(info).endsWith(`;168;/nix/store/${B_INFO.storePath},/nix/store/${A}`));
  assert.deepEqual(info.references, [A, B_INFO.storePath, A], 'the list is left alone');
  assert.equal(fingerprint(B_INFO, { storeDir: '/gnu' }), B_FINGERPRINT.replaceAll('/nix/store/', '/gnu/'));
});

test('section 4: a size must be positive and exact', () => {
  for (const narSize of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.throws(() => fingerprint({ ...B_INFO, narSize }), RangeError, String(narSize));
  }
});

test('a store directory that is none is refused, not signed', () => {
  for (const storeDir of ['/nix/store/', 'nix', '/a;b', '/a,b', '/a\nb']) {
    assert.throws(() => fingerprint(B_INFO, { storeDir }), { code: 'ERR_PARSE_STORE_PATH' }, storeDir);
  }
});

test('law: it changes with every covered field, and with no other', () => {
  fc.assert(
    fc.property(narInfos, narInfos, storePaths, (info, other, path) => {
      const text = fingerprint(info);
      const flipped = info.narHash.digest.slice();
      flipped[31] = (flipped[31] as number) ^ 128;
      const covered: Partial<NarInfo>[] = [
        { storePath: path },
        { narHash: { algo: 'sha256', digest: flipped } },
        { narHash: { algo: 'blake3', digest: info.narHash.digest } },
        { narSize: info.narSize - 1 || 2 },
        { references: [...info.references, path] },
        ...info.references.map((_, i) => ({ references: info.references.toSpliced(i, 1) })),
      ];
      for (const change of covered) assert.notEqual(fingerprint({ ...info, ...change }), text);
      const { storePath, narHash, narSize, references } = info;
      assert.equal(fingerprint({ ...other, storePath, narHash, narSize, references }), text);
      assert.equal(fingerprint({ ...info, references: references.toReversed() }), text);
      assert.notEqual(fingerprint(info, { storeDir: '/gnu/store' }), text);
    }),
  );
});

test('law: two infos with one fingerprint have the same covered fields (no ambiguity)', () => {
  fc.assert(
    fc.property(narInfos, (info) => {
      const [version, path, narHash, narSize, references, ...rest] = fingerprint(info).split(';');
      assert.deepEqual(rest, []);
      assert.equal(version, '1');
      assert.equal(path && parseStorePath(path), info.storePath);
      assert.deepEqual(parseHash(narHash as string), info.narHash);
      assert.equal(Number(narSize), info.narSize);
      const list = references === '' ? [] : (references as string).split(',');
      assert.deepEqual(
        list.map((reference) => parseStorePath(reference)),
        info.references,
      );
    }),
  );
});
