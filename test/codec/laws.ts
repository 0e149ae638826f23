/** What every codec must do, whatever runs it; and the sources that find those that do not. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../../src/bytes/stream.ts';
import type { Codec, Decoder } from '../../src/codec/codec.ts';
import { isNarkitError } from '../../src/errors.ts';

/** Bytes that do not compress, the same for the same seed. */
export function noise(length: number, seed = 'seed'): Uint8Array {
  const out = new Uint8Array(length);
  for (let at = 0, i = 0; at < length; at += 64, i++) {
    out.set(
      createHash('sha512')
        .update(`${seed}${i}`)
        .digest()
        .subarray(0, length - at),
      at,
    );
  }
  return out;
}

/** Bytes that compress about as well as a NAR does. */
export function text(length: number): Uint8Array {
  const words = noise(4096, 'words');
  const out = new Uint8Array(length);
  for (let at = 0, i = 0; at < length; i++) {
    const start = ((i * 2654435761) >>> 8) % 3000;
    const word = words.subarray(start, start + 7 + (i % 90));
    out.set(word.subarray(0, length - at), at);
    at += word.length;
  }
  return out;
}

/**
 * The bytes in pieces of the given sizes, over and over. Each piece is overwritten as soon as the
 * next is asked for: who keeps a piece must have copied it.
 */
export async function* pieces(
  bytes: Uint8Array,
  sizes: readonly number[] = [65536],
): AsyncGenerator<Uint8Array> {
  const plan = sizes.some((size) => size > 0) ? sizes : [1];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const copy = new Uint8Array(bytes.subarray(at, at + (plan[i % plan.length] as number)));
    // Every other one is a Buffer, as streams of Node hand them out: its slice() copies nothing.
    const piece = i % 2 === 0 ? copy : Buffer.from(copy.buffer);
    at += piece.length;
    yield piece;
    piece.fill(0xaa);
  }
}

/** All items of `source`. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** What `transform` makes of `bytes`; fails when a chunk is empty. */
export async function through(
  transform: Codec['compress'],
  bytes: Uint8Array,
  sizes?: readonly number[],
): Promise<Uint8Array> {
  return await collect(notEmpty(transform(pieces(bytes, sizes))));
}

async function* notEmpty(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    assert.ok(chunk.length > 0, 'an empty chunk');
    assert.ok(!Buffer.isBuffer(chunk), 'a Buffer, whose slice() shares memory');
    yield chunk;
  }
}

export function assertSame(actual: Uint8Array, expected: Uint8Array, message?: string): void {
  assert.equal(Buffer.compare(actual, expected), 0, message ?? 'different bytes');
}

/** Fails unless decompressing `bytes` throws `ERR_COMPRESSED_DATA`. */
export async function assertRefused(decoder: Decoder, bytes: Uint8Array, what: string): Promise<void> {
  await assert.rejects(
    through(decoder.decompress, bytes),
    (err: unknown) => {
      assert.ok(isNarkitError(err, 'ERR_COMPRESSED_DATA'), `${what}: ${String(err)}`);
      return true;
    },
    what,
  );
}

/** What {@link decoderLaws} needs to know about a format. */
export interface FormatFacts {
  /** Whole files written by somebody else, with what they contain. */
  readonly samples: () => Promise<readonly { readonly file: Uint8Array; readonly content: Uint8Array }[]>;
  /** Whether files can be concatenated. @default true */
  readonly concatenates?: boolean;
  /** Whether any changed byte must be found, or may be left to the NAR hash. @default true */
  readonly checksummed?: boolean;
  /** Zero bytes that the format allows after the end. @default 0 */
  readonly padding?: number;
  /** Why the tests cannot run here. */
  readonly skip?: () => Promise<string | undefined> | string | undefined;
}

async function skipped(t: TestContext, facts: Pick<FormatFacts, 'skip'>): Promise<boolean> {
  const reason = await facts.skip?.();
  if (reason !== undefined) t.skip(reason);
  return reason !== undefined;
}

/** Registers the tests of reading. */
export function decoderLaws(label: string, decoder: Decoder, facts: FormatFacts): void {
  const { concatenates = true, checksummed = true, padding = 0 } = facts;

  test(`${label}: reads what others write, in any pieces`, async (t) => {
    if (await skipped(t, facts)) return;
    for (const { file, content } of await facts.samples()) {
      for (const sizes of [[65536], [1000, 0, 1], [file.length + 1], ...(file.length < 500 ? [[1]] : [])]) {
        assertSame(await through(decoder.decompress, file, sizes), content, `pieces of ${sizes}`);
      }
    }
  });

  test(`${label}: concatenation, truncation, trailing and changed bytes`, async (t) => {
    if (await skipped(t, facts)) return;
    const samples = await facts.samples();
    const { file, content } = samples[0] as (typeof samples)[0];
    assert.ok(file.length < 400, 'the first sample is to be small');
    for (let length = 0; length < file.length; length++) {
      await assertRefused(decoder, file.subarray(0, length), `cut at ${length} of ${file.length}`);
    }
    for (const rest of ['x', 'garbage!', 'a longer piece of garbage, of more than one header']) {
      await assertRefused(decoder, Buffer.concat([file, Buffer.from(rest)]), `followed by '${rest}'`);
    }
    for (let zeros = 1; zeros <= 16; zeros += 5) {
      if (padding > 0 && zeros % padding === 0) continue;
      await assertRefused(
        decoder,
        Buffer.concat([file, Buffer.alloc(zeros)]),
        `followed by ${zeros} zero bytes`,
      );
    }
    await assertRefused(decoder, Buffer.concat([file, file.subarray(0, file.length - 1)]), 'second one cut');
    await assertRefused(decoder, Buffer.concat([file, file.subarray(0, 3)]), 'second one cut early');
    if (concatenates) {
      const both = await through(decoder.decompress, Buffer.concat([file, file]), [7, 0, 100]);
      assertSame(both, Buffer.concat([content, content]), 'concatenated');
    } else {
      await assertRefused(decoder, Buffer.concat([file, file]), 'concatenated');
    }
    let unnoticed = 0;
    for (let at = 0; at < file.length; at++) {
      const changed = Uint8Array.from(file);
      changed[at] = (changed[at] as number) ^ 0x10;
      try {
        const result = await through(decoder.decompress, changed);
        if (Buffer.compare(result, content) !== 0) unnoticed++;
      } catch (err) {
        assert.ok(isNarkitError(err, 'ERR_COMPRESSED_DATA', 'ERR_UNSUPPORTED'), `byte ${at}: ${String(err)}`);
      }
    }
    if (checksummed) assert.equal(unnoticed, 0, 'changes that gave other content without an error');
  });

  test(`${label}: passes the source's error on and ends the source when stopped`, async (t) => {
    if (await skipped(t, facts)) return;
    const samples = await facts.samples();
    const { file } = samples.at(-1) as (typeof samples)[0];
    assert.ok(file.length > 300_000, 'the last sample is to be large');
    await passesErrors(decoder.decompress, file);
    await endsSource(decoder.decompress, file);
  });
}

/** Registers the tests of writing, and of reading that back. */
export function codecLaws(
  label: string,
  codec: Codec,
  facts: Pick<FormatFacts, 'skip'> & { runs?: number } = {},
): void {
  test(`${label}: reads what it wrote, in any pieces`, async (t) => {
    if (await skipped(t, facts)) return;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 2000 }),
          fc.nat({ max: 300_000 }).map(text),
          fc.nat({ max: 200_000 }).map((length) => noise(length)),
        ),
        fc.array(fc.nat({ max: 70_000 }), { maxLength: 5 }).map((sizes) => [...sizes, 30_000]),
        fc.array(fc.nat({ max: 70_000 }), { maxLength: 5 }).map((sizes) => [...sizes, 3000]),
        async (content, sizes, otherSizes) => {
          const file = await through(codec.compress, content, sizes);
          assertSame(await through(codec.decompress, file, otherSizes), content);
        },
      ),
      { numRuns: facts.runs ?? 30 },
    );
  });

  test(`${label}: no content gives a file`, async (t) => {
    if (await skipped(t, facts)) return;
    const file = await through(codec.compress, new Uint8Array(0));
    assert.ok(file.length > 0);
    assert.equal((await through(codec.decompress, file)).length, 0);
  });

  test(`${label}: large chunks, and the source's error and end when compressing`, async (t) => {
    if (await skipped(t, facts)) return;
    const content = noise(3_000_000);
    const sizes: number[] = [];
    for await (const chunk of codec.compress(pieces(content, [1000]))) sizes.push(chunk.length);
    assert.ok(
      sizes.slice(0, -2).every((size) => size >= 65_536),
      `chunks of ${sizes.slice(0, 5)}...`,
    );
    await passesErrors(codec.compress, content);
    await endsSource(codec.compress, content);
  });
}

async function passesErrors(transform: Codec['compress'], bytes: Uint8Array): Promise<void> {
  for (const after of [0, 1, 2]) {
    const boom = new Error('the network is gone');
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < after; i++) yield bytes.subarray(i * 70_000, (i + 1) * 70_000);
      throw boom;
    };
    await assert.rejects(collect(transform(source())), (err) => err === boom, `after ${after} chunks`);
  }
}

async function endsSource(transform: Codec['compress'], bytes: Uint8Array): Promise<void> {
  let ended = false;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield* pieces(bytes, [50_000]);
    } finally {
      ended = true;
    }
  };
  for await (const chunk of transform(source())) {
    assert.ok(chunk.length > 0);
    assert.equal(ended, false);
    break;
  }
  assert.equal(ended, true, 'the source was not ended');
  // libuv lets go of a process that has ended at its next turn.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  const leaks = process.getActiveResourcesInfo().filter((kind) => kind === 'ProcessWrap');
  assert.deepEqual(leaks, [], 'a process is still there');
}

/** Bytes taken from an endless source by the time one chunk came out and everything came to rest. */
export async function takenAhead(transform: Codec['compress'], bytes: Uint8Array): Promise<number> {
  let taken = 0;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      for await (const piece of pieces(bytes, [65_536])) {
        taken += piece.length;
        yield piece;
      }
    }
  };
  const output = transform(source())[Symbol.asyncIterator]();
  await output.next();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await output.return?.();
  return taken;
}
