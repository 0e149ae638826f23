import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ByteSource, collect, toAsyncIterable, toReadableStream } from '../../src/bytes/stream.ts';

const chunks = [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)];

async function* generate(log: string[] = []): AsyncGenerator<Uint8Array> {
  try {
    log.push('begin');
    yield* chunks;
  } finally {
    log.push('end');
  }
}

/** A stream as browsers without async iteration have it. */
function oldStream(log: string[]): ReadableStream<Uint8Array> {
  const stream = ReadableStream.from(chunks);
  return {
    getReader: () => {
      const reader = stream.getReader();
      const cancel = reader.cancel.bind(reader);
      reader.cancel = async () => {
        log.push('cancel');
        await cancel();
      };
      return reader;
    },
  } as unknown as ReadableStream<Uint8Array>;
}

test('every kind of byte source gives the same bytes', async () => {
  const sources: Record<string, ByteSource> = {
    bytes: Uint8Array.of(1, 2, 3),
    buffer: Buffer.from([1, 2, 3]),
    iterable: new Set(chunks),
    array: chunks,
    asyncIterable: generate(),
    stream: ReadableStream.from(chunks),
    'stream without iteration': oldStream([]),
  };
  for (const [kind, source] of Object.entries(sources)) {
    assert.deepEqual(await collect(source), Uint8Array.of(1, 2, 3), kind);
  }
  assert.deepEqual(await collect([]), new Uint8Array(0));
});

test('what is no byte source is a TypeError, a string among them', () => {
  for (const source of ['text', 7, undefined, null, {}, new ArrayBuffer(3), () => chunks]) {
    assert.throws(() => toAsyncIterable(source as ByteSource), TypeError);
  }
});

test('leaving the loop early ends the source, also one without iteration', async () => {
  const log: string[] = [];
  for await (const _ of toAsyncIterable(generate(log))) break;
  for await (const _ of toAsyncIterable(oldStream(log))) break;
  assert.deepEqual(log, ['begin', 'end', 'cancel']);
});

test('collect stops at the first byte too many, and ends the source', async () => {
  const log: string[] = [];
  let asked = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        asked++;
        yield new Uint8Array(10);
      }
    } finally {
      log.push('end');
    }
  }
  await assert.rejects(collect(endless(), { limit: 25, subject: 'the thing' }), {
    code: 'ERR_SIZE_MISMATCH',
    subject: 'the thing',
    message: 'the thing is larger than 25 bytes',
  });
  assert.equal(asked, 3);
  assert.deepEqual(log, ['end']);
  assert.equal((await collect([new Uint8Array(25)], { limit: 25 })).length, 25);
  await assert.rejects(collect([Uint8Array.of(1)], { limit: 0 }), { code: 'ERR_SIZE_MISMATCH' });
});

test('toReadableStream: pulls only when read, drops empty chunks, passes errors on', async () => {
  const log: string[] = [];
  const stream = toReadableStream(generate(log));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(log, [], 'nothing is pulled before somebody reads');
  assert.deepEqual(await chunksOf(stream), [Uint8Array.of(1, 2), Uint8Array.of(3)]);
  assert.deepEqual(log, ['begin', 'end']);

  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(1);
    throw new RangeError('below');
  }
  await assert.rejects(chunksOf(toReadableStream(failing())), {
    name: 'RangeError',
    message: 'below',
  });

  async function* manyEmpty(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 20_000; i++) yield new Uint8Array(0);
    yield Uint8Array.of(9);
  }
  assert.deepEqual(await collect(toReadableStream(manyEmpty())), Uint8Array.of(9));
});

test('cancelling the stream runs the finally blocks behind it', async () => {
  const log: string[] = [];
  const reader = toReadableStream(generate(log)).getReader();
  await reader.read();
  await reader.cancel('enough');
  assert.deepEqual(log, ['begin', 'end']);
});

async function chunksOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const out: Uint8Array[] = [];
  for await (const chunk of source) out.push(chunk);
  return out;
}
