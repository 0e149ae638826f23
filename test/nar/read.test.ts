import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../../src/bytes/stream.ts';
import type { NarEntry } from '../../src/nar/entry.ts';
import { readNar } from '../../src/nar/read.ts';
import { cut, cuts, dir, file, link, nar, node, read, str, T, trees, u64 } from './trees.ts';

const magic = str('nix-archive-1');
const root = (...parts: Buffer[]): Buffer => Buffer.concat([magic, str('('), ...parts, str(')')]);
const inDirectory = (...parts: Buffer[]): Buffer => root(str('type', 'directory'), ...parts);
const entry = (name: string | Uint8Array): Buffer =>
  Buffer.concat([str('entry', '(', 'name', name, 'node'), node(file('x')), str(')')]);
const empty = file('');

/** nar.md section 3, column "current": what is refused, how, and the offset of the fault. */
const REFUSED: [string, Buffer, string, number?][] = [
  ['wrong magic', Buffer.concat([str('nix-archive-2'), node(empty)]), 'SYNTAX', 0],
  ['long magic', Buffer.concat([str('nix-archive-1x'), node(empty)]), 'SYNTAX', 0],
  ['magic of another kind', Buffer.from('PK\x03\x04'.repeat(20)), 'SYNTAX', 0],
  [
    'non-zero padding of the magic',
    Buffer.concat([Buffer.from(magic).fill(1, 23), node(empty)]),
    'SYNTAX',
    0,
  ],
  [
    'no parenthesis',
    Buffer.concat([str('nix-archive-1', 'type', 'regular', 'contents', '', ')')]),
    'SYNTAX',
    24,
  ],
  ['long keyword', root(str('x'.repeat(33), 'regular', 'contents', '')), 'SYNTAX', 40],
  ['unknown type', root(str('type', 'fifo')), 'SYNTAX', 56],
  ['type missing', root(str('contents', '')), 'SYNTAX', 40],
  ['type repeated', root(str('type', 'regular', 'type', 'regular', 'contents', '')), 'SYNTAX', 72],
  ['unknown field', root(str('type', 'regular', 'mode', '0644', 'contents', '')), 'SYNTAX', 72],
  ['no contents', root(str('type', 'regular')), 'SYNTAX', 72],
  ['contents twice', root(str('type', 'regular', 'contents', '', 'contents', '')), 'SYNTAX', 96],
  ['executable after contents', root(str('type', 'regular', 'contents', '', 'executable', '')), 'SYNTAX', 96],
  [
    'executable twice',
    root(str('type', 'regular', 'executable', '', 'executable', '', 'contents', '')),
    'SYNTAX',
    104,
  ],
  [
    'executable with a value',
    root(str('type', 'regular', 'executable', 'yes', 'contents', '')),
    'SYNTAX',
    96,
  ],
  ['another tag instead of contents', root(str('type', 'regular', 'AAAAAAAA', '')), 'SYNTAX', 72],
  [
    'node before name',
    inDirectory(str('entry', '(', 'node'), node(empty), str('name', 'a', ')')),
    'SYNTAX',
    112,
  ],
  ['entry without name', inDirectory(str('entry', '(', ')')), 'SYNTAX', 112],
  ['entry without node', inDirectory(str('entry', '(', 'name', 'a', ')')), 'SYNTAX', 144],
  ['empty name', inDirectory(entry('')), 'SYNTAX', 136],
  ['name .', inDirectory(entry('.')), 'SYNTAX', 144],
  ['name ..', inDirectory(entry('..')), 'SYNTAX', 144],
  ['name with /', inDirectory(entry('x/y')), 'SYNTAX', 144],
  ['name /', inDirectory(entry('/')), 'SYNTAX', 144],
  ['name with NUL', inDirectory(entry('f\0o')), 'SYNTAX', 144],
  ['name of 256 bytes', inDirectory(entry('a'.repeat(256))), 'LIMIT', 128],
  ['unsorted', inDirectory(entry('b'), entry('a')), 'SYNTAX'],
  ['duplicate', inDirectory(entry('a'), entry('a')), 'SYNTAX'],
  ['unsorted bytes', inDirectory(entry('é'), entry(Buffer.from([0x80]))), 'SYNTAX'],
  ['unsorted by UTF-16 only', inDirectory(entry('\u{1F600}'), entry('\uFFFF')), 'SYNTAX'],
  ['shorter prefix after longer', inDirectory(entry('a-'), entry('a')), 'SYNTAX'],
  ['symlink without target', root(str('type', 'symlink')), 'SYNTAX', 72],
  ['empty target', root(str('type', 'symlink', 'target', '')), 'SYNTAX', 96],
  ['target with NUL', root(str('type', 'symlink', 'target', 'a\0b')), 'SYNTAX', 104],
  ['target of 4096 bytes', root(str('type', 'symlink', 'target', 'a'.repeat(4096))), 'LIMIT', 88],
  ['trailing byte', Buffer.concat([nar(empty), Buffer.from([0])]), 'TRAILING', 112],
  ['trailing archive', Buffer.concat([nar(empty), nar(empty)]), 'TRAILING', 112],
  ['trailing text', Buffer.concat([nar(file('x')), Buffer.from('sentinel')]), 'TRAILING', 120],
];

for (const [what, bytes, code, offset] of REFUSED) {
  test(`section 3: refused: ${what}`, async () => {
    for (const sizes of [[bytes.length], [1], [7, 0, 13]]) {
      await assert.rejects(
        read(cut(bytes, sizes)),
        (err: Error & { code?: string; offset?: number; path?: string }) => {
          assert.equal(err.name, 'NarError');
          assert.equal(err.code, `ERR_NAR_${code}`);
          assert.ok(typeof err.offset === 'number' && err.offset <= bytes.length);
          if (offset !== undefined) assert.equal(err.offset, offset);
          if (code !== 'TRAILING') assert.equal(typeof err.path, 'string');
          assert.ok(err.message.includes(`offset ${err.offset}`), err.message);
          return true;
        },
      );
    }
  });
}

test('section 3: non-zero padding is refused, of contents, names, targets and words', async () => {
  const bytes = nar(dir({ a: file('x'), b: link('y') }));
  let refused = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0) continue;
    const changed = Buffer.from(bytes);
    changed[at] = 1;
    // A zero byte is padding, or the upper part of a length.
    await assert.rejects(read(changed), { name: 'NarError' }, `byte ${at}`);
    refused++;
  }
  assert.ok(refused > 200);
  const contents = nar(file('x'));
  contents[97] = 1;
  await assert.rejects(read(contents), { code: 'ERR_NAR_SYNTAX', offset: 97, message: /padding/ });
  await assert.rejects(read(contents, { inlineSize: 0 }), { code: 'ERR_NAR_SYNTAX', offset: 97 });
});

test('section 3: the limits themselves are kept', async () => {
  let deep = dir();
  for (let i = 0; i < 63; i++) deep = dir({ ['n'.repeat(255)]: deep });
  assert.equal((await read(nar(deep))).length, 64);
  await assert.rejects(read(nar(dir({ n: deep }))), { code: 'ERR_NAR_LIMIT' });
  await read(nar(link('t'.repeat(4095))));
});

test('messages name what was expected and what came, whole words only', async () => {
  await assert.rejects(read(root(str('type', 'regular', 'contents', '', 'executable', ''))), {
    message: /expected '\)'.*got 'executab/,
  });
  await assert.rejects(read(root(str('type', 'regular', 'AAAAAAAA', ''))), {
    message: /expected 'contents' or 'executable' at offset 72 in '', got 'AAAAAAAA'/,
  });
  await assert.rejects(read(inDirectory(entry('a'), str('entry', '(', 'node'))), {
    message: /expected 'name'.*got 'node'/,
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

test('lengths of 2^53 and more allocate nothing', async () => {
  const huge = [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
  const before = process.memoryUsage().arrayBuffers;
  for (const length of huge) {
    const size = Buffer.concat([
      magic,
      str('(', 'type', 'regular', 'contents'),
      u64(length),
      Buffer.from('x'),
    ]);
    await assert.rejects(read(size), { code: 'ERR_NAR_LIMIT', offset: 88 });
    const target = Buffer.concat([
      magic,
      str('(', 'type', 'symlink', 'target'),
      u64(length),
      Buffer.from('x'),
    ]);
    await assert.rejects(read(target), { code: 'ERR_NAR_LIMIT' });
    const name = Buffer.concat([
      magic,
      str('(', 'type', 'directory', 'entry', '(', 'name'),
      u64(length),
      Buffer.from('x'),
    ]);
    await assert.rejects(read(name), { code: 'ERR_NAR_LIMIT' });
    for (const words of [
      [],
      ['('],
      ['(', 'type'],
      ['(', 'type', 'regular'],
      ['(', 'type', 'directory', 'entry'],
    ]) {
      const keyword = Buffer.concat([magic, str(...words), u64(length), Buffer.from('x'.repeat(40))]);
      await assert.rejects(read(keyword), { code: 'ERR_NAR_SYNTAX' });
    }
    await assert.rejects(read(Buffer.concat([u64(length), Buffer.alloc(40)])), { code: 'ERR_NAR_SYNTAX' });
  }
  const just = Buffer.concat([
    magic,
    str('(', 'type', 'regular', 'contents'),
    u64(2n ** 53n - 1n),
    Buffer.from('x'),
  ]);
  await assert.rejects(read(just), { code: 'ERR_NAR_TRUNCATED' });
  await assert.rejects(read(just, { inlineSize: Number.MAX_SAFE_INTEGER }), { code: 'ERR_NAR_TRUNCATED' });
  assert.ok(process.memoryUsage().arrayBuffers - before < 20e6);
});

test('1 MB of nesting is a limit, not a full stack', async () => {
  const level = str('entry', '(', 'name', 'd', 'node', '(', 'type', 'directory');
  const bytes = Buffer.concat([
    magic,
    str('(', 'type', 'directory'),
    ...Array.from({ length: Math.ceil(1e6 / level.length) }, () => level),
  ]);
  await assert.rejects(read(bytes), { code: 'ERR_NAR_LIMIT' });
});

test('section 7: narOffset', async () => {
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
