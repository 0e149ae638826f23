import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../../src/bytes/stream.ts';
import type { Codec } from '../../../src/codec/codec.ts';
import { isNarkitError } from '../../../src/errors.ts';
import { type CommandLine, commandCodec } from '../../../src/node/codec/command.ts';
import { bzip2, bzip2Codec, lz4, lz4Codec, lzip, lzipCodec } from '../../../src/node/codec/programs.ts';
import {
  assertRefused,
  assertSame,
  codecLaws,
  decoderLaws,
  noise,
  pieces,
  takenAhead,
  text,
  through,
} from '../../codec/laws.ts';
import { pipe, without } from './programs.ts';

const node = process.execPath;

function script(code: string): CommandLine {
  return [node, '-e', code];
}

function codec(compress: CommandLine, decompress: CommandLine = compress): Codec {
  return commandCodec({ name: 'test', extension: '.test', compress, decompress });
}

const COPY = script('process.stdin.pipe(process.stdout)');

const GZIP = codec(
  script('process.stdin.pipe(require("zlib").createGzip()).pipe(process.stdout)'),
  script('process.stdin.pipe(require("zlib").createGunzip()).pipe(process.stdout)'),
);
codecLaws('a command', GZIP, { runs: 5 });
test('a command: truncated and missing input', async () => {
  const file = await through(GZIP.compress, text(100_000));
  await assertRefused(GZIP, file.subarray(0, 5000), 'truncated');
  await assertRefused(GZIP, new Uint8Array(0), 'none');
});

for (const [program, made, level9] of [
  ['bzip2', bzip2, bzip2Codec({ level: 9 })],
  ['lz4', lz4, lz4Codec({ level: 9 })],
  ['lzip', lzip, lzipCodec({ level: 9 })],
] as const) {
  const skip = (): string | undefined => without(program);
  codecLaws(program, made, { skip, runs: 8 });
  decoderLaws(program, made, {
    skip,
    samples: async () => [
      {
        file: await pipe(Buffer.from('hello hello hello'), program, '-c'),
        content: Buffer.from('hello hello hello'),
      },
      { file: await pipe(new Uint8Array(0), program, '-c'), content: new Uint8Array(0) },
      { file: await pipe(text(400_000), program, '-c'), content: text(400_000) },
      { file: await pipe(noise(500_000), program, '-c'), content: noise(500_000) },
    ],
  });
  test(`${program}: the program reads what it wrote for us`, { skip: skip() }, async () => {
    const content = text(300_000);
    assertSame(await pipe(await through(made.compress, content), program, '-dc'), content);
    assertSame(await pipe(await through(level9.compress, content), program, '-dc'), content);
  });
}

test('a command that fails: status and standard error are told', async () => {
  const failing = codec(script('console.error("it went wrong"); process.exit(3)'));
  await assert.rejects(through(failing.decompress, noise(10)), (err) => {
    assert.ok(isNarkitError(err, 'ERR_COMPRESSED_DATA'));
    assert.match(err.message, /status 3: it went wrong/);
    return true;
  });
  await assert.rejects(through(failing.compress, noise(10)), (err) => {
    assert.ok(isNarkitError(err, 'ERR_UNSUPPORTED'));
    assert.match(err.message, /test.*status 3: it went wrong/);
    return true;
  });
});

test('a command that fails in the middle of an endless source is noticed', { timeout: 20_000 }, async () => {
  const half = codec(
    script('process.stdin.once("data", (d) => process.stdout.write(d, () => process.exit(4)))'),
  );
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) yield noise(10_000);
  };
  await assert.rejects(collect(half.decompress(endless())), {
    code: 'ERR_COMPRESSED_DATA',
    message: /status 4/,
  });
});

test('a command that succeeds without reading everything is judged by its status alone', async () => {
  const early = codec(script('process.stdin.once("data", () => { console.log("ok"); process.exit(0) })'));
  const output = await through(early.compress, noise(5_000_000));
  assert.equal(Buffer.from(output).toString(), 'ok\n');
});

test('a command that is killed, missing, or not executable', async () => {
  const cases: [CommandLine, RegExp][] = [
    [script('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 10000)'), /killed by SIGTERM/],
    [['no-such-program-at-all'], /'no-such-program-at-all' is not installed/],
    [['/'], /'\/' cannot be started/],
  ];
  for (const [command, message] of cases) {
    for (const transform of [codec(command).compress, codec(command).decompress]) {
      await assert.rejects(through(transform, noise(500_000)), (err) => {
        assert.ok(isNarkitError(err, 'ERR_UNSUPPORTED'), String(err));
        assert.match(err.message, message);
        return true;
      });
    }
  }
});

test('a command that only complains', async () => {
  const decompress = script(
    'process.stdin.resume().on("end", () => console.error("trailing stuff ignored"))',
  );
  const lenient = codec(COPY, decompress);
  assert.equal((await through(lenient.decompress, noise(10))).length, 0);
  const strict = commandCodec({
    name: 't',
    extension: '.t',
    compress: COPY,
    decompress,
    complaint: /trailing/,
  });
  await assert.rejects(through(strict.decompress, noise(10)), {
    code: 'ERR_COMPRESSED_DATA',
    message: /ignored/,
  });
});

test('a command works at the pace of its reader, and dies with it', async () => {
  assert.ok((await takenAhead(codec(COPY).compress, noise(1_000_000))) < 4_000_000);
  const stubborn = codec(
    script(
      'process.on("SIGTERM", () => {}); process.stdout.write("x".repeat(70000)); setInterval(() => {}, 1000)',
    ),
  );
  for await (const chunk of stubborn.compress(pieces(noise(100)))) {
    assert.ok(chunk.length > 0);
    break;
  }
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(process.getActiveResourcesInfo().includes('ProcessWrap'), false);
});

test('a command must be one, and options known', () => {
  const options = { name: 'x', extension: '.x', compress: ['cat'], decompress: ['cat'] } as const;
  assert.throws(() => commandCodec({ ...options, compress: [] as unknown as CommandLine }), TypeError);
  assert.throws(() => commandCodec({ ...options, decompress: 'cat' as unknown as CommandLine }), TypeError);
  assert.throws(() => commandCodec({ ...options, ext: 1 } as never), TypeError);
  assert.throws(() => bzip2Codec({ level: 0 }), RangeError);
});
