import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toAsyncIterable } from '../../src/bytes/stream.ts';
import { metered, verified } from '../../src/cache/verified.ts';
import { printHash } from '../../src/hash/hash.ts';
import { HashMeter, hashBytes } from '../../src/hash/hash-source.ts';

const chunkLists = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 6 });
const subject = 'the thing';

/** What came out, and the error that ended it. */
async function pass(
  check: ReturnType<typeof verified>,
  chunks: Iterable<Uint8Array>,
): Promise<{ out: Buffer; err: (Error & { code?: string }) | undefined }> {
  const out: Uint8Array[] = [];
  try {
    for await (const chunk of check(toAsyncIterable(chunks))) out.push(chunk);
  } catch (err) {
    return { out: Buffer.concat(out), err: err as Error };
  }
  return { out: Buffer.concat(out), err: undefined };
}

test('law: right bytes pass whole, however cut; what is not promised is not checked', async () => {
  await fc.assert(
    fc.asyncProperty(chunkLists, fc.boolean(), fc.boolean(), async (chunks, withHash, withSize) => {
      const all = Buffer.concat(chunks);
      const hash = withHash ? hashBytes('sha256', all) : undefined;
      const size = withSize ? all.length : undefined;
      assert.deepEqual(await pass(verified({ subject, hash, size }), chunks), { out: all, err: undefined });
    }),
  );
});

test('law: of wrong bytes at least the last one never comes out', async () => {
  await fc.assert(
    fc.asyncProperty(chunkLists, fc.nat(3), async (chunks, more) => {
      const all = Buffer.concat(chunks);
      const wrong = hashBytes('sha256', Buffer.concat([all, Buffer.from('x')]));
      for (const expected of [
        { hash: wrong },
        { hash: wrong, size: all.length },
        { size: all.length + 1 + more },
        { hash: hashBytes('sha256', all), size: all.length + 1 + more },
        ...(all.length > more ? [{ size: all.length - 1 - more }] : []),
      ]) {
        const { out, err } = await pass(verified({ subject, ...expected }), chunks);
        assert.equal(err?.name, 'IntegrityError');
        assert.match(err?.code ?? '', /ERR_(HASH|SIZE)_MISMATCH/);
        assert.ok(all.length === 0 || out.length < all.length, `${out.length} of ${all.length}`);
        assert.deepEqual(out, all.subarray(0, out.length));
      }
    }),
  );
});

test('a wrong stream that ends in empty chunks still loses its last bytes', async () => {
  const chunks = [Buffer.from('ab'), Buffer.from('cd'), new Uint8Array(0), new Uint8Array(0)];
  const { out, err } = await pass(
    verified({ subject, hash: hashBytes('sha256', Buffer.from('abce')), size: 4 }),
    chunks,
  );
  assert.equal(err?.code, 'ERR_HASH_MISMATCH');
  assert.equal(out.toString(), 'ab');
});

test('a stream that is too long is stopped at the first byte too many, and ended', async () => {
  let asked = 0;
  let ended = 0;
  function* endless(): Generator<Uint8Array> {
    try {
      for (;;) {
        asked++;
        yield Buffer.alloc(10);
      }
    } finally {
      ended++;
    }
  }
  const { out, err } = await pass(verified({ subject, size: 25 }), endless());
  assert.equal(err?.code, 'ERR_SIZE_MISMATCH');
  assert.deepEqual([asked, ended, out.length], [3, 1, 10]);
  assert.equal((await pass(verified({ subject, size: 0 }), [Buffer.from('x')])).out.length, 0);
});

test('nothing is withheld longer than needed: one chunk', async () => {
  const check = verified({ subject, size: 6 });
  let asked = 0;
  function* source(): Generator<Uint8Array> {
    for (const text of ['ab', 'cd', 'ef']) {
      asked++;
      yield Buffer.from(text);
    }
  }
  const stream = check(toAsyncIterable(source()))[Symbol.asyncIterator]();
  await stream.next();
  assert.equal(asked, 2);
});

test('errors say subject, expected and actual', async () => {
  const right = hashBytes('sha256', Buffer.from('a'));
  const actual = printHash(hashBytes('sha256', Buffer.from('b')), 'nix32');
  const { err } = await pass(verified({ subject, hash: right }), [Buffer.from('b')]);
  assert.partialDeepStrictEqual(
    { ...err },
    { code: 'ERR_HASH_MISMATCH', subject, expected: printHash(right, 'nix32'), actual },
  );
  assert.ok(err?.message.includes(subject) && err.message.includes(actual));
  assert.partialDeepStrictEqual(
    { ...(await pass(verified({ subject, size: 2 }), [Buffer.from('b')])).err },
    {
      code: 'ERR_SIZE_MISMATCH',
      subject,
      expected: '2',
      actual: '1',
    },
  );
  assert.partialDeepStrictEqual(
    { ...(await pass(verified({ subject, size: 0 }), [Buffer.from('b')])).err },
    {
      actual: 'more than 0',
    },
  );
});

test('any algorithm is checked by its own', async () => {
  for (const algo of ['md5', 'sha1', 'sha512', 'blake3'] as const) {
    const hash = hashBytes(algo, Buffer.from('ab'));
    assert.equal(
      (await pass(verified({ subject, hash }), [Buffer.from('a'), Buffer.from('b')])).err,
      undefined,
      algo,
    );
    assert.equal(
      (await pass(verified({ subject, hash }), [Buffer.from('x')])).err?.code,
      'ERR_HASH_MISMATCH',
      algo,
    );
  }
});

test('one check can be used for several streams', async () => {
  const check = verified({ subject, hash: hashBytes('sha256', Buffer.from('a')), size: 1 });
  for (let i = 0; i < 2; i++) assert.equal((await pass(check, [Buffer.from('a')])).err, undefined);
});

test('metered passes everything on and measures it', async () => {
  const meter = new HashMeter('sha256');
  const chunks = [Buffer.from('a'), new Uint8Array(0), Buffer.from('b')];
  assert.equal((await pass(metered(meter), chunks)).out.toString(), 'ab');
  assert.deepEqual(meter.finish(), { hash: hashBytes('sha256', Buffer.from('ab')), size: 2 });
});

test('an early end ends the source', async () => {
  let ended = 0;
  function* source(): Generator<Uint8Array> {
    try {
      for (;;) yield Buffer.from('x');
    } finally {
      ended++;
    }
  }
  for (const stage of [verified({ subject }), metered(new HashMeter('sha256'))]) {
    for await (const _ of stage(toAsyncIterable(source()))) break;
  }
  assert.equal(ended, 2);
});
