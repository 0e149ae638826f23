import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNarkitError } from '../../../src/errors.ts';
import { createCodec, nodeCodecs } from '../../../src/node/codec/create-codec.ts';
import { text, through } from '../../codec/laws.ts';

test('nodeCodecs: the names and endings of Nix, all different', () => {
  const table = Object.fromEntries(nodeCodecs.map(({ name, extension }) => [name, extension]));
  assert.deepEqual(table, {
    none: '',
    zstd: '.zst',
    xz: '.xz',
    gzip: '.gz',
    br: '.br',
    bzip2: '.bz2',
    lz4: '.lz4',
    lzip: '.lzip',
  });
  assert.equal(new Set(nodeCodecs.map(({ extension }) => extension)).size, nodeCodecs.length);
});

test('createCodec: every name, with a level, without, and with the default by number', () => {
  for (const { name, extension } of nodeCodecs) {
    for (const options of [{}, { level: -1 }, { level: 1 }, { level: 9, parallel: 2 }]) {
      const codec = createCodec(name, options);
      assert.deepEqual([codec.name, codec.extension], [name, extension]);
    }
  }
});

test('createCodec: the level arrives', async () => {
  const content = text(300_000);
  for (const name of ['zstd', 'gzip', 'br']) {
    const fast = await through(createCodec(name, { level: 1 }).compress, content);
    const small = await through(createCodec(name, { level: 9 }).compress, content);
    assert.ok(small.length < fast.length, name);
  }
  for (const [name, level] of [
    ['zstd', 23],
    ['xz', 10],
    ['gzip', 10],
    ['br', 12],
    ['bzip2', 0],
    ['lzip', 10],
  ] as const) {
    assert.throws(() => createCodec(name, { level }), RangeError, name);
  }
  assert.throws(() => createCodec('zstd', { parallel: 0 }), RangeError);
});

test('createCodec: unknown names are refused with the known ones', () => {
  for (const name of [
    'lzma',
    'compress',
    'grzip',
    'lrzip',
    'lzop',
    'brotli',
    'zst',
    '',
    'toString',
    '__proto__',
  ]) {
    assert.throws(
      () => createCodec(name),
      (err) => {
        assert.ok(isNarkitError(err, 'ERR_UNSUPPORTED'), name);
        assert.match(err.message, /known: none, zstd, xz, gzip, br, bzip2, lz4, lzip/);
        return true;
      },
    );
  }
  assert.throws(() => createCodec('brotli'), /did you mean 'br'/);
  assert.throws(() => createCodec('zst'), /did you mean 'zstd'/);
  assert.throws(() => createCodec('zstd', { levle: 1 } as object), TypeError);
});
