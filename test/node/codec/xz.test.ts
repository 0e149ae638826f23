/** `xz` by what is there, addon or program, and the addon's side by an addon made of the program. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { registerHooks } from 'node:module';
import { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import type { Codec } from '../../../src/codec/codec.ts';
import { xzDecoder } from '../../../src/codec/xz-decoder.ts';
import { isNarkitError } from '../../../src/errors.ts';
import { xz, xzCodec } from '../../../src/node/codec/xz.ts';
import { loadXzAddon, type XzAddon, xzBlocks, xzContent } from '../../../src/node/codec/xz-addon.ts';
import {
  all,
  assertSame,
  codecLaws,
  decoderLaws,
  type FormatFacts,
  noise,
  takenAhead,
  text,
  through,
} from '../../codec/laws.ts';
import { pipe, without } from './programs.ts';

const program = without('xz');
const addon = await loadXzAddon();

/** Streams in, streams out, as the addon has them; each call is a process. */
const standIn: XzAddon = {
  compressStream: (input, { preset }) => filter(input, '-zc', `-${preset}`),
  decompressStream: (input) => filter(input, '-dc'),
};

function filter(input: ReadableStream<Uint8Array>, ...args: string[]): ReadableStream<Uint8Array> {
  const child = spawn('xz', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  let reason: unknown;
  input.pipeTo(Writable.toWeb(child.stdin)).catch((err: unknown) => {
    reason = err;
    child.kill();
  });
  const output = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* child.stdout;
      const status = child.exitCode ?? (await new Promise((resolve) => child.on('close', resolve)));
      if (status !== 0) throw new Error(`an error of the addon's own: ${status} ${String(reason)}`);
    } finally {
      child.kill('SIGKILL');
    }
  };
  return Readable.toWeb(Readable.from(output(), { objectMode: false })) as ReadableStream<Uint8Array>;
}

function codecOf(used: XzAddon): Codec {
  const compress = xzBlocks(used, { preset: 1, parallel: 3, blockSize: 100_000 });
  return { name: 'xz', extension: '.xz', compress, decompress: xzContent(used) };
}

const samples: FormatFacts['samples'] = async () => [
  {
    file: await pipe(Buffer.from('hello hello hello'), 'xz', '-c'),
    content: Buffer.from('hello hello hello'),
  },
  { file: await pipe(new Uint8Array(0), 'xz', '-c'), content: new Uint8Array(0) },
  { file: await pipe(text(500_000), 'xz', '-c1', '--block-size=70000'), content: text(500_000) },
  { file: await pipe(text(500_000), 'xz', '-c1', '--x86', '--lzma2'), content: text(500_000) },
  { file: await pipe(noise(500_000), 'xz', '-c1'), content: noise(500_000) },
];

const either = (): string | undefined => (addon === undefined ? program : undefined);
codecLaws('xz', xzCodec({ preset: 1, blockSize: 300_000 }), { skip: either, runs: 8 });
decoderLaws('xz', xz, { skip: () => program, samples, padding: 4 });

if (addon !== undefined) {
  codecLaws('xz by the addon', codecOf(addon), { runs: 8 });
  test('xz by the addon: takes no more of the source than its channels hold', async () => {
    const file = await through(codecOf(addon).compress, noise(8_000_000));
    assert.ok((await takenAhead(xzContent(addon), file)) < 4_000_000);
  });
}

test('xz by the addon: there and back, errors of the source and ends', { skip: program }, async (t) => {
  const codec = codecOf(standIn);
  for (const content of [text(350_000), noise(100_000), new Uint8Array(0)]) {
    const file = await through(codec.compress, content);
    assertSame(await through(codec.decompress, file), content);
    assertSame(await pipe(file, 'xz', '-dc'), content);
    assertSame(await through(xzDecoder.decompress, file), content, 'xz-decompress');
  }
  const file = await through(codec.compress, noise(2_000_000));
  await assert.rejects(through(codec.decompress, file.subarray(0, 700_000)), { code: 'ERR_COMPRESSED_DATA' });
  await assert.rejects(through(codec.decompress, new Uint8Array(0)), { code: 'ERR_COMPRESSED_DATA' });
  for (const transform of [codec.compress, codec.decompress]) {
    const boom = new Error('the network is gone');
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield file.subarray(0, 300_000);
      throw boom;
    };
    await assert.rejects(all(transform(failing())), (err) => err === boom);
    let ended = false;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(file);
      } finally {
        ended = true;
      }
    };
    for await (const chunk of transform(endless())) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.equal(ended, true);
  }
  t.diagnostic(addon === undefined ? 'the addon itself is not installed here' : 'the addon is installed');
});

test('xz: the program agrees, and a preset matters', { skip: program }, async () => {
  const content = text(600_000);
  const small = await through(xzCodec({ preset: 6 }).compress, content);
  const fast = await through(xzCodec({ preset: 0, blockSize: 50_000, parallel: 2 }).compress, content);
  assert.ok(small.length < fast.length);
  for (const file of [small, fast]) {
    await pipe(file, 'xz', '-t');
    assertSame(await pipe(file, 'xz', '-dc'), content);
  }
});

test('xz: an old or a missing addon is passed over', async () => {
  for (const source of [
    'export const xz = { compress() {}, decompress() {} };',
    'throw new Error("no binding");',
  ]) {
    const hooks = registerHooks({
      resolve: (specifier, context, next) =>
        specifier === '@napi-rs/lzma'
          ? { url: `data:text/javascript,${encodeURIComponent(source)}`, shortCircuit: true }
          : next(specifier, context),
    });
    // A copy of the module, for the answer to its import() is remembered.
    const copy = new URL(`../../../src/node/codec/xz-addon.ts?${source.length}`, import.meta.url).href;
    const { loadXzAddon: load } = (await import(copy)) as { loadXzAddon: typeof loadXzAddon };
    assert.equal(await load(), undefined);
    hooks.deregister();
  }
});

test('xz: with neither, says what to install', { skip: addon && 'the addon is installed' }, async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nonexistent';
  try {
    for (const transform of [xz.compress, xz.decompress]) {
      await assert.rejects(through(transform, noise(1000)), (err) => {
        assert.ok(isNarkitError(err, 'ERR_UNSUPPORTED'));
        assert.match(err.message, /'@napi-rs\/lzma'.*'xz'/);
        return true;
      });
    }
  } finally {
    process.env.PATH = path;
  }
});

test('xz: refuses what it cannot do', () => {
  for (const options of [{ preset: 10 }, { preset: -1 }, { parallel: 0 }, { blockSize: 1 }]) {
    assert.throws(() => xzCodec(options), RangeError);
  }
  assert.throws(() => xzCodec({ level: 1 } as object), TypeError);
});
