import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptNix32 } from '../../src/hash/nix32-hash.ts';
import { fingerprint } from '../../src/narinfo/fingerprint.ts';
import { parseNarInfo } from '../../src/narinfo/parse.ts';
import { printNarInfo } from '../../src/narinfo/print.ts';
import { assertSigned, assertTrusted, signPathInfo, validSigners } from '../../src/narinfo/sign.ts';
import { createSigner, generateSecretKey, Keyring, parsePublicKey } from '../../src/signature/index.ts';
import { B_INFO, B_NARINFO, PUBLIC } from './vectors.ts';

test('no digest of a narinfo is decoded to parse, print, sign and verify it', async () => {
  const info = parseNarInfo(B_NARINFO);
  const keyring = new Keyring([parsePublicKey(PUBLIC)]);
  assert.equal(printNarInfo(info), B_NARINFO);
  assert.deepEqual(validSigners(info, keyring), ['vector-1']);
  assertSigned(info, keyring);
  await signPathInfo(info, [createSigner(generateSecretKey('other-1'))]);
  assert.equal(fingerprint(info), fingerprint(B_INFO));
  assert.ok(info.fileHash && info.ca);
  for (const hash of [info.narHash, info.fileHash, info.ca.hash]) assert.notEqual(keptNix32(hash), undefined);
  // The way to see it works: this one computes the path.
  assertTrusted(info, keyring);
  assert.equal(keptNix32(info.ca.hash), undefined);
});
