import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CACHE_INFO_KEY, listingKey, logKey, narInfoKey, narKey } from '../../src/cache/layout.ts';
import { none } from '../../src/codec/codec.ts';
import { parseHash } from '../../src/hash/hash.ts';
import { parseBaseName } from '../../src/store-path/store-path.ts';

test('narinfo.md section 1: where things are', () => {
  const path = parseBaseName('8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a-b.drv');
  const hash = parseHash('sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw');
  assert.equal(CACHE_INFO_KEY, 'nix-cache-info');
  assert.equal(narInfoKey(path), '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm.narinfo');
  assert.equal(listingKey(path), '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm.ls');
  assert.equal(logKey(path), 'log/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a-b.drv');
  assert.equal(narKey(hash, none), 'nar/04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw.nar');
  assert.equal(
    narKey(hash, { extension: '.zst' }),
    'nar/04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw.nar.zst',
  );
});
