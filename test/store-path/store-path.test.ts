import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NIX32_ALPHABET } from '../../src/hash/nix32.ts';
import { MAX_NAME_LENGTH } from '../../src/store-path/base-name.ts';
import {
  checkPathName,
  checkStoreDir,
  hashPart,
  isDerivation,
  isHashPart,
  parseBaseName,
  parseStorePath,
  pathName,
  printStorePath,
} from '../../src/store-path/store-path.ts';

const HASH = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm';
const refused = { name: 'ParseError', code: 'ERR_PARSE_STORE_PATH' } as const;

const NAME_CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=';
const text = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const baseNames = fc
  .tuple(text(NIX32_ALPHABET, 32, 32), text(NAME_CHARACTERS, 1, MAX_NAME_LENGTH))
  .filter(([, name]) => !/^\.\.?(-|$)/.test(name))
  .map(([hash, name]) => `${hash}-${name}`);

test('section 1: the parts of a path', () => {
  const path = parseStorePath(`/nix/store/${HASH}-demo-1.0.drv`);
  assert.equal(path, `${HASH}-demo-1.0.drv`);
  assert.equal(hashPart(path), HASH);
  assert.equal(pathName(path), 'demo-1.0.drv');
  assert.equal(printStorePath(path), `/nix/store/${HASH}-demo-1.0.drv`);
  assert.equal(printStorePath(path, '/gnu'), `/gnu/${HASH}-demo-1.0.drv`);
  assert.ok(isDerivation(path));
  assert.ok(!isDerivation(parseBaseName(`${HASH}-drv`)));
  assert.equal(parseStorePath(`/nix/store/${HASH}-a/`), `${HASH}-a`);
  assert.equal(parseStorePath(`/gnu/${HASH}-a`, { storeDir: '/gnu' }), `${HASH}-a`);
});

test('section 1: what is no store path', () => {
  for (const bad of [
    '',
    '/',
    '/nix/store',
    '/nix/store/',
    `${HASH}-a`,
    `/nix/stores/${HASH}-a`,
    `/nix/store${HASH}-a`,
    `nix/store/${HASH}-a`,
    `/nix/store/${HASH}-a/bin/sh`,
    `/nix/store/${HASH}-a//`,
    `/nix/store/sub/${HASH}-a`,
    `/nix/store/${HASH}`,
    `/nix/store/${HASH}-`,
    `/nix/store/${HASH}_a`,
    `/nix/store/${HASH}0-a`,
    `/nix/store/${HASH.slice(1)}-ab`,
    `/nix/store/e${HASH.slice(1)}-a`,
    `/nix/store/${HASH.toUpperCase()}-a`,
    `/nix/store/${HASH}-a\n`,
    ` /nix/store/${HASH}-a`,
    `/nix/store/../store/${HASH}-a`,
  ]) {
    assert.throws(() => parseStorePath(bad), refused, bad);
  }
  assert.throws(() => parseStorePath(`/nix/store/${HASH}-a`, { storeDir: '/gnu' }), refused);
});

test('section 2: names', () => {
  for (const name of [
    'a',
    '.a',
    '...',
    '..a',
    '-a',
    '-',
    '+-._?=',
    '0',
    'a'.repeat(211),
    '....-',
    '_',
    'x.-',
  ]) {
    assert.equal(checkPathName(name), name);
    assert.equal(pathName(parseBaseName(`${HASH}-${name}`)), name);
  }
  for (const name of [
    '',
    '.',
    '..',
    '.-',
    '.-a',
    '..-',
    '..-a',
    'a'.repeat(212),
    'a b',
    'a/b',
    'a~',
    'a@b',
    'a%b',
    'é',
    'a\n',
    'a\0',
    'a\\b',
    'a,b',
    'a;b',
    'a:b',
    '\u{1F600}',
  ]) {
    assert.throws(() => checkPathName(name), refused, JSON.stringify(name));
    assert.throws(() => parseBaseName(`${HASH}-${name}`), refused, JSON.stringify(name));
  }
});

test('section 1: every character of the hash part counts', () => {
  for (let code = 0; code < 300; code++) {
    const char = String.fromCharCode(code);
    const hash = char + HASH.slice(1);
    assert.equal(isHashPart(hash), NIX32_ALPHABET.includes(char));
    if (!NIX32_ALPHABET.includes(char)) assert.throws(() => parseBaseName(`${hash}-a`), refused);
  }
  for (const part of ['', HASH.slice(1), `${HASH}0`, `${HASH}\n`, `${HASH}-a`]) assert.ok(!isHashPart(part));
});

test('store directories: absolute and canonical, and nothing that the signed text uses', () => {
  for (const dir of ['/nix/store', '/', '/gnu', '/a b/ü', '/..a/.b'].slice(0)) {
    if (dir === '/') assert.throws(() => checkStoreDir(dir), refused);
    else assert.equal(checkStoreDir(dir), dir);
  }
  for (const dir of [
    '',
    'nix',
    '/nix/',
    '//nix',
    '/nix//store',
    '/nix/./store',
    '/nix/..',
    '/a;b',
    '/a,b',
    '/a\nb',
    '/a\0',
  ]) {
    assert.throws(() => checkStoreDir(dir), { ...refused, field: 'storeDir' }, dir);
    assert.throws(() => parseStorePath(`${dir}/${HASH}-a`, { storeDir: dir }), refused, dir);
  }
});

test('law: parse and print are inverse, in any store directory', () => {
  fc.assert(
    fc.property(baseNames, fc.constantFrom('/nix/store', '/gnu', '/a/b/c'), (base, storeDir) => {
      const path = parseBaseName(base);
      assert.equal(printStorePath(path, storeDir), `${storeDir}/${base}`);
      assert.equal(parseStorePath(printStorePath(path, storeDir), { storeDir }), path);
      assert.equal(`${hashPart(path)}-${pathName(path)}`, base);
    }),
  );
});

test('law: any text either parses and prints back, or is an ERR_PARSE_STORE_PATH of bounded length', () => {
  const near = fc.tuple(baseNames, fc.nat(60), fc.string({ maxLength: 2 })).map(([base, at, odd]) => {
    return `/nix/store/${base.slice(0, at)}${odd}${base.slice(at + 1)}`;
  });
  fc.assert(
    fc.property(fc.oneof(fc.string(), near, fc.string({ minLength: 500, maxLength: 2000 })), (input) => {
      try {
        assert.equal(printStorePath(parseStorePath(input)), input.replace(/\/$/, ''));
      } catch (err) {
        assert.equal((err as { code?: string }).code, 'ERR_PARSE_STORE_PATH');
        assert.ok((err as Error).message.length < 2100);
      }
    }),
    { numRuns: 300 },
  );
});
