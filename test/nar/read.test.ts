import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../../src/bytes/stream.ts';
import type { NarEntry } from '../../src/nar/entry.ts';
import { readNar } from '../../src/nar/read.ts';
import { cut, cuts, dir, file, link, nar, node, read, str, T, trees } from './trees.ts';

const magic = str('nix-archive-1');
const root = (...parts: Buffer[]): Buffer => Buffer.concat([magic, str('('), ...parts, str(')')]);
const inDirectory = (...parts: Buffer[]): Buffer => root(str('type', 'directory'), ...parts);
const entry = (name: string | Uint8Array): Buffer =>
  Buffer.concat([str('entry', '(', 'name', name, 'node'), node(file('x')), str(')')]);

test('messages name what was expected and what came, whole words only', async () => {
  await assert.rejects(read(root(str('type', 'regular', 'contents', '', 'executable', ''))), {
    message: /expected '\)'.*got 'executab/,
  });
  await assert.rejects(read(root(str('type', 'regular', 'AAAAAAAA', ''))), {
    message: /expected 'contents' or 'executable' at offset 72 in '', got 'AAAAAAAA'/,
  });
  await assert.rejects(read(inDirectory(entry('a'), str('entry', '(', 'node'))), {
    message: /expected 'name' at offset \d+ in '', got 'node'/,
  });
  await assert.rejects(read(inDirectory(str('entry', '(', 'name', 'a', 'node', '(', 'type', 'fifo'))), {
    path: 'a',
  });
});

test('law: cut short at any byte it is ERR_NAR_TRUNCATED, in any chunks', async () => {
  for (const tree of [T, file('x', true), link('t'), dir()]) {
    const bytes = nar(tree);
    for (let length = 0; length < bytes.length; length++) {
      for (const [sizes, inlineSize] of [
        [[bytes.length], 65_536],
        [[3], 0],
      ] as const) {
        await assert.rejects(
          read(cut(bytes.subarray(0, length), sizes), { inlineSize }),
          { name: 'NarError', code: 'ERR_NAR_TRUNCATED', offset: length },
          `${length} of ${bytes.length}`,
        );
      }
    }
  }
});

test('law: one byte changed: a NarError, or an archive that is written back exactly so', async () => {
  const bytes = nar(T);
  const { writeNar } = await import('../../src/nar/write.ts');
  let accepted = 0;
  for (let at = 0; at < bytes.length; at++) {
    for (const value of new Set([0, 1, 0x2f, 0xff, (bytes[at] as number) ^ 1])) {
      if (value === bytes[at]) continue;
      const changed = Buffer.from(bytes);
      changed[at] = value;
      let again: Uint8Array;
      try {
        again = await collect(writeNar(readNar(changed)));
      } catch (err) {
        assert.equal((err as Error).name, 'NarError', `byte ${at} = ${value}: ${err}`);
        continue;
      }
      assert.ok(changed.equals(again), `byte ${at} = ${value}`);
      accepted++;
    }
  }
  // Only contents (10 bytes), names (10) and the target (4) can change: nothing else was accepted.
  assert.ok(accepted > 25 && accepted < 24 * 5, String(accepted));
});

test('law: random damage and random bytes give nothing but a NarError', async () => {
  await fc.assert(
    fc.asyncProperty(
      trees,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      cuts,
      async (tree, damage, sizes) => {
        const bytes = nar(tree);
        for (const [at, value] of damage) bytes[at % bytes.length] = value;
        try {
          await read(cut(bytes, sizes));
        } catch (err) {
          assert.equal((err as Error).name, 'NarError', String(err));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('narOffset is where the content begins', async () => {
  const offsets = (await read(nar(T))).map((e) => [e.path, e.type === 'regular' ? e.narOffset : undefined]);
  assert.deepEqual(offsets, [
    ['', undefined],
    ['B', 232],
    ['a', 456],
    ['sub', undefined],
    ['sub/eight', 784],
    ['sub/l', undefined],
  ]);
});

const large = Buffer.alloc(200_000, 5);
const three = dir({ a: file(large), b: file(large), c: file('c') });

test('small contents come whole, larger ones as a stream; inlineSize draws the line', async () => {
  const kinds = async (inlineSize?: number): Promise<boolean[]> => {
    const whole: boolean[] = [];
    for await (const e of readNar(
      cut(nar(three), [10_000]),
      inlineSize === undefined ? {} : { inlineSize },
    )) {
      if (e.type === 'regular') whole.push(e.body instanceof Uint8Array);
    }
    return whole;
  };
  assert.deepEqual(await kinds(), [false, false, true]);
  assert.deepEqual(await kinds(200_000), [true, true, true]);
  assert.deepEqual(await kinds(199_999), [false, false, true]);
  assert.deepEqual(await kinds(0), [false, false, false]);
});

test('bodies that are not read, or only in part, are skipped', async () => {
  for (const chunks of [0, 1, 3, 1000]) {
    const paths: string[] = [];
    for await (const e of readNar(cut(nar(three), [10_000]))) {
      paths.push(e.path);
      if (e.type !== 'regular' || e.body instanceof Uint8Array) continue;
      const iterator = (e.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      for (let i = 0; i < chunks && !(await iterator.next()).done; i++);
    }
    assert.deepEqual(paths, ['', 'a', 'b', 'c']);
  }
});

test('a body is read once: a second pass goes on where the first stopped', async () => {
  for await (const e of readNar(cut(nar(three), [10_000]))) {
    if (e.path !== 'a' || e.type !== 'regular') continue;
    let length = 0;
    for await (const chunk of e.body as AsyncIterable<Uint8Array>) {
      length = chunk.length;
      break;
    }
    assert.equal((await collect(e.body)).length, 200_000 - length);
    assert.equal((await collect(e.body)).length, 0);
  }
});

test('a body that is read after the next entry was asked for throws', async () => {
  const entries: NarEntry[] = [];
  for await (const e of readNar(cut(nar(three), [10_000]))) entries.push(e);
  for (const e of entries) {
    if (e.type !== 'regular' || e.body instanceof Uint8Array) continue;
    await assert.rejects(collect(e.body), { name: 'TypeError', message: /after the next entry/ });
  }
  const iterator = readNar(cut(nar(three), [10_000]));
  await iterator.next();
  const { value } = await iterator.next();
  assert.ok(value?.type === 'regular');
  const body = (value.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  await body.next();
  await iterator.next();
  await assert.rejects(body.next(), TypeError);
});

test('leaving early ends the source', async () => {
  for (const stopAt of ['', 'a', 'b']) {
    let ended = 0;
    function* source(): Generator<Uint8Array> {
      try {
        yield* cut(nar(three), [10_000]);
      } finally {
        ended++;
      }
    }
    for await (const e of readNar(source())) if (e.path === stopAt) break;
    assert.equal(ended, 1);
    let cancelled = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(nar(three)),
      cancel: () => void cancelled++,
    });
    for await (const e of readNar(stream)) if (e.path === stopAt) break;
    assert.equal(cancelled, 1);
  }
});

test('an error ends the source; an error of the source comes through as it is', async () => {
  let ended = 0;
  function* source(): Generator<Uint8Array> {
    try {
      yield Buffer.from('x'.repeat(100));
      yield Buffer.from('y');
    } finally {
      ended++;
    }
  }
  await assert.rejects(read(source()), { code: 'ERR_NAR_SYNTAX' });
  assert.equal(ended, 1);
  function* failing(): Generator<Uint8Array> {
    yield nar(T).subarray(0, 300);
    throw new RangeError('network');
  }
  await assert.rejects(read(failing()), { name: 'RangeError', message: 'network' });
});

test('nothing is read before it is asked for', async () => {
  let asked = 0;
  function* source(): Generator<Uint8Array> {
    for (const chunk of cut(nar(three), [50_000])) {
      asked++;
      yield chunk;
    }
  }
  const entries = readNar(source());
  assert.equal(asked, 0);
  await entries.next();
  await entries.next();
  assert.equal(asked, 1);
});

test('calls that do not wait for each other are answered in order', async () => {
  const entries = readNar(cut(nar(T), [5]));
  const answers = await Promise.all(Array.from({ length: 8 }, () => entries.next()));
  assert.deepEqual(
    answers.map(({ value }) => value?.path),
    ['', 'B', 'a', 'sub', 'sub/eight', 'sub/l', undefined, undefined],
  );
  assert.deepEqual(await entries.return(), { done: true, value: undefined });
});

test('return and throw end it, the body under way too', async () => {
  for (const end of ['return', 'throw'] as const) {
    let ended = 0;
    function* source(): Generator<Uint8Array> {
      try {
        yield* cut(nar(three), [10_000]);
      } finally {
        ended++;
      }
    }
    const entries = readNar(source());
    await entries.next();
    const { value } = await entries.next();
    assert.ok(value?.type === 'regular');
    if (end === 'return') await entries.return();
    else await assert.rejects(entries.throw(new RangeError('mine')), { message: 'mine' });
    assert.equal(ended, 1);
    await assert.rejects(collect(value.body), TypeError);
    assert.deepEqual(await entries.next(), { done: true, value: undefined });
  }
});

test('a body that waits for bytes when the next entry is asked for loses none of them', async () => {
  const entries = readNar(cut(nar(three), [10_000]));
  await entries.next();
  const { value } = await entries.next();
  assert.ok(value?.type === 'regular');
  const body = (value.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  await body.next();
  const late = assert.rejects(body.next(), TypeError);
  assert.equal((await entries.next()).value?.path, 'b');
  await late;
  assert.equal((await entries.next()).value?.path, 'c');
  assert.equal((await entries.next()).done, true);
});

test('limits: raised, lowered, and none that is no positive integer', async () => {
  const chain = (depth: number): Buffer => {
    let tree = dir();
    for (let i = 0; i < depth; i++) tree = dir({ d: tree });
    return nar(tree);
  };
  assert.equal((await read(chain(200), { limits: { depth: 200 } })).length, 201);
  await assert.rejects(read(chain(200), { limits: { depth: 199 } }), { code: 'ERR_NAR_LIMIT' });
  const named = nar(dir({ ['n'.repeat(300)]: link('t'.repeat(5000)) }));
  assert.equal((await read(named, { limits: { nameLength: 300, targetLength: 5000 } })).length, 2);
  for (const limits of [
    { nameLength: 300 },
    { targetLength: 5000 },
    { nameLength: 299, targetLength: 5000 },
  ]) {
    await assert.rejects(read(named, { limits }), { code: 'ERR_NAR_LIMIT' });
  }
  await assert.rejects(read(nar(dir({ ab: file('') })), { limits: { nameLength: 1 } }), {
    code: 'ERR_NAR_LIMIT',
    message: /file name of 2 bytes at offset 128 in ''; the limit is 1/,
  });
  for (const depth of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    await assert.rejects(read(nar(T), { limits: { depth } }), {
      name: 'RangeError',
      message: /limits\.depth/,
    });
  }
  await assert.rejects(read(nar(T), { limits: { dept: 1 } as object }), {
    name: 'TypeError',
    message: /'depth'/,
  });
});

test('limits: writeNar has the same, and the same defaults', async () => {
  const { writeNar } = await import('../../src/nar/write.ts');
  const limits = { nameLength: 300, targetLength: 5000, depth: 70 };
  let tree = dir({ ['n'.repeat(300)]: link('t'.repeat(5000)) });
  for (let i = 0; i < 69; i++) tree = dir({ d: tree });
  const bytes = nar(tree);
  assert.deepEqual(Buffer.from(await collect(writeNar(readNar(bytes, { limits }), { limits }))), bytes);
  for (const name of ['nameLength', 'targetLength', 'depth'] as const) {
    const { [name]: _, ...others } = limits;
    await assert.rejects(collect(writeNar(readNar(bytes, { limits }), { limits: others })), {
      code: 'ERR_NAR_LIMIT',
    });
  }
});
