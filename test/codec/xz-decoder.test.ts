import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { xzDecoder } from '../../src/codec/xz-decoder.ts';
import { isNarkitError } from '../../src/errors.ts';
import { assertRefused, assertSame, decoderLaws, noise, pieces, text, through } from './laws.ts';

/** `.xz` of "hello hello hello" by xz 5.4 (CRC-64), so that a machine without xz tests something. */
const HELLO: Uint8Array = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AAQAAtdADQZSe6N6U9+FeAAAABLiObaRIAHdgABJxG8J/OQH7bzfQEAAAAABFla',
  'base64',
);

test('xz by xz-decompress: a file as it lies in caches', async () => {
  assertSame(await through(xzDecoder.decompress, HELLO, [5]), Buffer.from('hello hello hello'));
  await assertRefused(xzDecoder, HELLO.subarray(0, HELLO.length - 1), 'truncated');
});

function xz(content: Uint8Array, ...args: string[]): Uint8Array {
  return execFileSync('xz', ['-zc', ...args], { input: content, maxBuffer: 1e9 });
}

function missing(): string | undefined {
  try {
    execFileSync('xz', ['--version']);
    return undefined;
  } catch {
    return "the program 'xz' is not available";
  }
}
const skip = missing();

decoderLaws('xz by xz-decompress', xzDecoder, {
  skip: () => skip,
  padding: 4,
  checksummed: false, // it does not know CRC-64
  samples: async () => [
    { file: xz(Buffer.from('hello hello hello')), content: Buffer.from('hello hello hello') },
    { file: xz(new Uint8Array(0)), content: new Uint8Array(0) },
    { file: xz(text(1_000_000), '-0', '--block-size=100000'), content: text(1_000_000) },
    { file: xz(noise(500_000), '-0', '-C', 'crc32'), content: noise(500_000) },
  ],
});

test('xz by xz-decompress: one after the other, after faults and stops too', { skip }, async () => {
  const file = xz(text(200_000), '-0');
  for (let i = 0; i < 5; i++) {
    await assert.rejects(through(xzDecoder.decompress, file.subarray(0, 1000)));
    for await (const chunk of xzDecoder.decompress(pieces(file))) {
      assert.ok(chunk.length > 0);
      break;
    }
  }
  const [a, b] = await Promise.all([
    through(xzDecoder.decompress, file),
    through(xzDecoder.decompress, file),
  ]);
  assertSame(a, text(200_000));
  assertSame(b, text(200_000));
});

test('xz by xz-decompress: says which files it cannot read', { skip }, async () => {
  const file = xz(Buffer.from('hello'), '--x86', '--lzma2');
  await assert.rejects(through(xzDecoder.decompress, file), (err) => isNarkitError(err, 'ERR_UNSUPPORTED'));
});
