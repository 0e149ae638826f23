import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collect } from 'narkit';
import {
  decodeName,
  type NarArchive,
  type NarListing,
  type NarRangeReader,
  narListing,
  openNar,
  readNar,
  writeNar,
} from 'narkit/nar';
import { MemoryStore } from 'narkit/store';
import { dir, file, link, nar, T, type Tree, trees, u64 } from './trees.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text);
const list = (bytes: Uint8Array): Promise<NarListing> => narListing(readNar(bytes));

/** An archive, and the ranges that were asked for. */
async function opened(tree: Tree): Promise<{ archive: NarArchive; asked: [number, number][] }> {
  const bytes = nar(tree);
  const asked: [number, number][] = [];
  const range: NarRangeReader = (offset, length) => {
    asked.push([offset, length]);
    return bytes.subarray(offset, offset + length);
  };
  return { archive: openNar(await list(bytes), range, { narSize: bytes.length }), asked };
}

type Range = (bytes: Buffer, ...asked: Parameters<NarRangeReader>) => ReturnType<NarRangeReader>;

/** One file `f` in a directory, its listing changed, its ranges read by `range`. */
async function changed(
  change: { size?: number | undefined; narOffset?: number | undefined },
  range: Range = (bytes, offset, length) => bytes.subarray(offset, offset + length),
): Promise<NarArchive> {
  const bytes = nar(dir({ f: file('0123456789'), g: file('0123') }));
  const { root } = await list(bytes);
  assert.ok(root.type === 'directory');
  const entries = { ...root.entries, f: { ...root.entries['f'], ...change } };
  return openNar({ version: 1, root: { type: 'directory', entries } } as NarListing, (...asked) =>
    range(bytes, ...asked),
  );
}

function* nodes(tree: Tree, path = ''): Generator<[string, Tree]> {
  yield [path, tree];
  if (tree.type !== 'directory') return;
  for (const [name, member] of tree.members)
    yield* nodes(member, path === '' ? decodeName(name) : `${path}/${decodeName(name)}`);
}

test('law: every node is what the tree has, a file costs one request, the rest none', async () => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const { archive, asked } = await opened(tree);
      for (const [path, node] of nodes(tree)) {
        if (node.type === 'symlink') assert.equal(archive.readLink(path), decodeName(node.target));
        else if (node.type === 'regular') {
          const { executable, content } = node;
          assert.deepEqual(archive.stat(path), { type: 'regular', executable, size: content.length });
          const before = asked.length;
          assert.deepEqual(Buffer.from((await archive.readBytes(path)) ?? []), content);
          assert.equal(asked.length - before, 1);
          assert.equal(asked.at(-1)?.[1], content.length + 24);
        } else {
          const before = asked.length;
          const names = node.members.map(([name]) => name).sort(Buffer.compare);
          assert.deepEqual([...(archive.readDirectory(path) ?? []).keys()], names.map(decodeName));
          assert.equal(asked.length, before);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('law: the entries of an archive, and of every subtree, are the NAR of that tree', async () => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const { archive } = await opened(tree);
      for (const [path, node] of nodes(tree)) {
        const written = await collect(writeNar(archive.subtree(path)?.entries() ?? []));
        assert.deepEqual(Buffer.from(written), nar(node), path);
      }
    }),
    { numRuns: 40 },
  );
});

test('law: parts of a file are slices of it, by exactly one request where there is anything to read', async () => {
  const content = Buffer.from('0123456789');
  const { archive, asked } = await opened(file(content));
  const number = fc.integer({ min: 0, max: 12 });
  await fc.assert(
    fc.asyncProperty(number, fc.option(number, { nil: undefined }), async (offset, length) => {
      asked.length = 0;
      const options = length === undefined ? { offset } : { offset, length };
      const part = content.subarray(offset, length === undefined ? undefined : offset + length);
      assert.deepEqual(Buffer.from((await archive.readBytes('', options)) ?? []), part);
      const expected: [number, number][] =
        offset === 0 ? [[96 - 24, 24 + part.length]] : part.length > 0 ? [[96 + offset, part.length]] : [];
      assert.deepEqual(asked, expected);
    }),
  );
});

test('chunks of any size, empty ones too, and any kind of source', async () => {
  for (const size of [1, 7, 24, 25]) {
    const archive = await changed({}, async function* (bytes: Buffer, offset: number, length: number) {
      for (let at = 0; at < length; at += size) {
        yield new Uint8Array(0);
        yield bytes.subarray(offset + at, offset + Math.min(at + size, length));
      }
    });
    assert.equal(Buffer.from((await archive.readBytes('f')) ?? []).toString(), '0123456789');
  }
});

test('a store is read by range', async () => {
  const store = new MemoryStore();
  const bytes = nar(T);
  await store.put('x.nar', bytes);
  const archive = openNar(await list(bytes), async (offset, length, options) => {
    const range = { start: offset, end: offset + length - 1 };
    return (await store.get('x.nar', { ...options, range }))?.body ?? [];
  });
  assert.equal(await new Response(archive.readFile('sub/eight')).text(), '12345678');
});

test('what is absent is undefined, behind a file or a symlink too, and names of prototypes are names', async () => {
  const { archive } = await opened(T);
  for (const path of ['x', 'B/x', 'sub/l/x', 'toString', '__proto__', 'sub/constructor', 'a'.repeat(300)]) {
    assert.equal(archive.stat(path), undefined, path);
    assert.equal(archive.readDirectory(path), undefined, path);
    assert.equal(archive.readLink(path), undefined, path);
    assert.equal(archive.readFile(path), undefined, path);
    assert.equal(await archive.readBytes(path), undefined, path);
    assert.equal(archive.subtree(path), undefined, path);
    assert.equal(archive.resolve(path), undefined, path);
  }
  const odd = await opened({
    type: 'directory',
    members: [
      [bytesOf('__proto__'), dir({ constructor: file('c') })],
      [bytesOf('toString'), file('t')],
      [Buffer.of(0xff), file('\xff')],
    ],
  });
  assert.deepEqual([...(odd.archive.readDirectory('') ?? []).keys()], ['__proto__', 'toString', '\udcff']);
  assert.deepEqual(await odd.archive.readBytes('__proto__/constructor'), Uint8Array.of(0x63));
  assert.equal((await odd.archive.readBytes('\udcff'))?.length, 2);
});

test('paths that are none, and nodes of another type, are refused', async () => {
  const { archive } = await opened(T);
  const refused = { name: 'NarError', code: 'ERR_NAR_PATH' };
  for (const path of ['/', '/B', 'sub/', 'sub//l', '.', './B', '..', 'sub/../B', 'sub/.']) {
    assert.throws(() => archive.stat(path), { ...refused, path });
    assert.throws(() => archive.readDirectory(path), refused);
    assert.throws(() => archive.readLink(path), refused);
    assert.throws(() => archive.readFile(path), refused);
    assert.throws(() => archive.subtree(path), refused);
    assert.throws(() => archive.resolve(path), refused);
    await assert.rejects(archive.readBytes(path), refused);
  }
  assert.throws(() => archive.readDirectory('B'), {
    ...refused,
    message: /'B' is of type regular, not directory/,
  });
  assert.throws(() => archive.readLink('sub'), refused);
  assert.throws(() => archive.readFile('sub/l'), refused);
  assert.throws(() => archive.readFile(''), refused);
});

test('an object with a prototype, as a listing that nobody parsed has, holds no names of that', () => {
  const archive = openNar({ version: 1, root: { type: 'directory', entries: {} } }, () => []);
  for (const path of ['toString', '__proto__', 'constructor'])
    assert.deepEqual([archive.stat(path), archive.resolve(path)], [undefined, undefined], path);
});

test('resolve follows symlinks as a kernel does, and stays inside', async () => {
  const { archive } = await opened(
    dir({
      a: dir({
        f: file('f'),
        up: link('..'),
        out: link('../../etc'),
        self: link('./../a/.//f'),
        abs: link('/a/f'),
      }),
      b: link('a'),
      abs: link('/a/f'),
      chain: link('b/up/b/self'),
      loop: link('loop'),
      slash: link('a/f/'),
      dot: link('a/f/.'),
      through: link('a/f/../f'),
      dangling: link('nothing'),
    }),
  );
  const expected: [string, string | undefined][] = [
    ['', ''],
    ['a', 'a'],
    ['a/f', 'a/f'],
    ['b', 'a'],
    ['b/f', 'a/f'],
    ['a/up', ''],
    ['a/up/a/up/b/f', 'a/f'],
    ['a/self', 'a/f'],
    ['chain', 'a/f'],
    ['a/out', undefined],
    ['a/abs', undefined],
    ['abs', undefined],
    ['slash', undefined],
    ['dot', undefined],
    ['through', undefined],
    ['dangling', undefined],
    ['a/f/x', undefined],
  ];
  for (const [path, to] of expected) assert.equal(archive.resolve(path), to, path);
  const links = Array.from({ length: 41 }, (_, i) => [`l${i + 1}`, link(`l${i}`)] as const);
  const long = (await opened(dir({ l0: file('end'), ...Object.fromEntries(links) }))).archive;
  assert.equal(long.resolve('l40'), 'l0');
  assert.throws(() => long.resolve('l41'), { name: 'NarError', code: 'ERR_NAR_LIMIT' });
  assert.throws(() => archive.resolve('loop'), { name: 'NarError', code: 'ERR_NAR_LIMIT', path: 'loop' });
  assert.equal(archive.subtree('a')?.resolve('up'), undefined, 'a subtree has its own outside');
  assert.equal((await opened(link('a'))).archive.resolve(''), undefined);
  assert.equal((await opened(file('a'))).archive.resolve(''), '');
});

test('a listing that says too little, or what cannot be, is refused before anything is asked for', async () => {
  const never = (): never => assert.fail('a range was asked for');
  for (const change of [
    { size: undefined },
    { narOffset: undefined },
    { narOffset: 0 },
    { narOffset: 8 },
    { narOffset: 88 },
    { narOffset: 236 },
    { narOffset: 96.5 },
    { narOffset: -96 },
    { narOffset: Number.NaN },
    { size: -1 },
    { size: 0.5 },
    { size: 2 ** 53 },
    { size: 2 ** 53 - 100 },
    { narOffset: 2 ** 53 - 8 },
  ]) {
    const archive = await changed(change, never);
    const refused = { name: 'NarError', code: 'ERR_NAR_LISTING', path: 'f' };
    assert.throws(() => archive.readFile('f'), refused, JSON.stringify(change));
    await assert.rejects(archive.readBytes('f'), refused);
    assert.throws(() => [...archive.entries()], refused);
    assert.equal(archive.stat('f')?.type, 'regular');
  }
});

test('narSize: what lies beyond, closing parenthesis included, is refused', async () => {
  const bytes = nar(file('hello\n'));
  const listing = await list(bytes);
  for (const narSize of [0, 96, bytes.length - 1]) {
    const archive = openNar(listing, () => assert.fail('asked'), { narSize });
    assert.throws(() => archive.readFile(''), { code: 'ERR_NAR_LISTING' });
  }
  assert.ok(openNar(listing, () => bytes, { narSize: bytes.length }).readFile(''));
  // Executables begin 32 bytes later than other files can.
  const executable = {
    version: 1,
    root: { type: 'regular', size: 6, narOffset: 96, executable: true },
  } as const;
  assert.throws(() => openNar(executable, () => bytes).readFile(''), { code: 'ERR_NAR_LISTING' });
});

test('a listing of another NAR is found out before any byte is handed out', async () => {
  const g = nar(dir({ f: file('0123456789'), g: file('0123') })).indexOf('0123', 300);
  for (const change of [{ size: 9 }, { size: 11 }, { size: 0 }, { narOffset: g }, { narOffset: 240 }]) {
    const archive = await changed(change);
    const chunks: Uint8Array[] = [];
    await assert.rejects(
      async () => {
        for await (const chunk of archive.readFile('f') ?? []) chunks.push(chunk);
      },
      { name: 'NarError', code: 'ERR_NAR_LISTING', path: 'f' },
      JSON.stringify(change),
    );
    assert.deepEqual(chunks, []);
    await assert.rejects(collect(writeNar(archive.entries())), { code: 'ERR_NAR_LISTING' });
  }
});

test('a length alone makes no contents: the word must stand before it', async () => {
  const forged = Buffer.concat([Buffer.alloc(16), u64(3), bytesOf('abc')]);
  const bytes = nar(file(forged));
  const root = { type: 'regular', size: 3, narOffset: bytes.indexOf('abc') } as const;
  const archive = openNar({ version: 1, root }, (offset, length) => bytes.subarray(offset, offset + length));
  await assert.rejects(archive.readBytes(''), { name: 'NarError', code: 'ERR_NAR_LISTING' });
});

test('ranges that are short, long, or all of the NAR', async () => {
  const wrong = { name: 'IntegrityError', code: 'ERR_SIZE_MISMATCH' };
  const liars: [string, Range][] = [
    ['nothing', () => []],
    ['half of the head', (bytes, offset) => bytes.subarray(offset, offset + 12)],
    ['a byte less', (bytes, offset, length) => bytes.subarray(offset, offset + length - 1)],
    ['a byte more', (bytes, offset, length) => bytes.subarray(offset, offset + length + 1)],
    ['more later', (bytes, offset, length) => [bytes.subarray(offset, offset + length), Uint8Array.of(0)]],
  ];
  for (const [what, range] of liars) {
    const archive = await changed({}, range);
    await assert.rejects(archive.readBytes('f'), wrong, what);
    await assert.rejects(archive.readBytes('f', { offset: 3, length: 4 }), wrong, what);
  }
  const deaf = await changed({}, (bytes) => bytes);
  await assert.rejects(deaf.readBytes('f'), wrong);
  await assert.rejects(deaf.readBytes('f', { offset: 3 }), wrong);
});

test('an endless range is left after what was asked for, and its end is told', async () => {
  let given = 0;
  let ended = false;
  const archive = await changed({}, async function* () {
    try {
      for (;;) {
        given += 8;
        yield new Uint8Array(8);
      }
    } finally {
      ended = true;
    }
  });
  await assert.rejects(archive.readBytes('f', { offset: 1 }), { code: 'ERR_SIZE_MISMATCH' });
  assert.ok(ended && given <= 24);
});

test('failures of the range reader pass as they are', async () => {
  const failure = new Error('no');
  const fails: (() => ReturnType<NarRangeReader>)[] = [
    () => {
      throw failure;
    },
    () => Promise.reject(failure),
    () => new ReadableStream({ pull: (controller) => controller.error(failure) }),
  ];
  for (const range of fails) await assert.rejects((await changed({}, range)).readBytes('f'), failure);
  const text = (await changed({}, () => 'text' as unknown as Uint8Array)).readBytes('f');
  await assert.rejects(text, TypeError);
});

test('nothing is asked for before the first read; a cancelled stream ends its source', async () => {
  let asked = 0;
  let cancelled = false;
  const archive = await changed({}, (bytes, offset) => {
    asked++;
    return new ReadableStream(
      {
        pull: (controller) => controller.enqueue(bytes.subarray(offset, offset + 26)),
        cancel: () => {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
  });
  await archive.readFile('f')?.cancel();
  for (const entry of archive.entries()) assert.ok(entry.path.length < 2);
  assert.equal(asked, 0);
  const reader = archive.readFile('f')?.getReader();
  assert.equal((await reader?.read())?.value?.length, 2);
  await reader?.cancel();
  assert.deepEqual([asked, cancelled], [1, true]);
});

test('signals reach the range reader, and cut a source off that hangs or flows', async () => {
  const reason = new Error('enough');
  let asked = 0;
  let cancelled = false;
  for (const hangs of [true, false]) {
    const controller = new AbortController();
    const { signal } = controller;
    const archive = await changed({}, (bytes, offset, length, options) => {
      asked++;
      assert.equal(options.signal, signal);
      return new ReadableStream({
        start: (stream) => stream.enqueue(bytes.subarray(offset, offset + 25)),
        pull: async (stream) => {
          if (hangs) await new Promise(() => {});
          stream.enqueue(bytes.subarray(offset + 25, offset + length));
        },
        cancel: () => {
          cancelled = true;
        },
      });
    });
    const reader = archive.readFile('f', { signal })?.getReader();
    assert.equal((await reader?.read())?.value?.length, 1);
    const next = hangs ? reader?.read() : undefined;
    controller.abort(reason);
    await assert.rejects(async () => next ?? reader?.read(), reason);
    await assert.rejects(archive.readBytes('f', { signal }), reason);
    await assert.rejects(collect(writeNar(archive.entries({ signal }))), reason);
  }
  assert.ok(cancelled);
  assert.equal(asked, 2, 'aborted before: not asked');
});

test('readBytes: a limit, before anything is asked for', async () => {
  const { archive, asked } = await opened(file('0123456789'));
  await assert.rejects(archive.readBytes('', { limit: 9 }), { name: 'NarError', code: 'ERR_NAR_LIMIT' });
  assert.equal((await archive.readBytes('', { limit: 9, length: 9 }))?.length, 9);
  assert.equal((await archive.readBytes('', { limit: 10 }))?.length, 10);
  assert.equal(asked.length, 2);
  const huge = await changed({ size: 2 ** 40 }, () => assert.fail('asked'));
  await assert.rejects(huge.readBytes('f'), { code: 'ERR_NAR_LIMIT' });
});

test('entries: a listing that is no tree', async () => {
  type Node = NarListing['root'];
  const directory = (entries: Record<string, Node>): Node => ({ type: 'directory', entries });
  const f: Node = { type: 'regular', size: 1, narOffset: 96 };
  let deep: Node = directory({});
  for (let i = 0; i < 64; i++) deep = directory({ d: deep });
  const circle: Record<string, Node> = {};
  circle['c'] = directory(circle);
  circle['d'] = circle['c'];
  const cases: [Node, string][] = [
    [deep, 'ERR_NAR_LIMIT'],
    [directory(circle), 'ERR_NAR_LIMIT'],
    [directory({ a: directory({}), 'a/b': f }), 'ERR_NAR_SYNTAX'],
    [directory({ '..': f }), 'ERR_NAR_SYNTAX'],
    [directory({ '': f }), 'ERR_NAR_SYNTAX'],
    [directory({ '\ud800': f, b: f }), 'ERR_NAR_SYNTAX'],
    [directory({ '\u00e9': f, '\udcc3\udca9': f }), 'ERR_NAR_SYNTAX'],
    [directory({ ['a'.repeat(256)]: f }), 'ERR_NAR_LIMIT'],
  ];
  for (const [root, code] of cases) {
    const archive = openNar({ version: 1, root }, () => assert.fail('asked'));
    assert.throws(() => [...archive.entries()], { name: 'NarError', code });
  }
});

test('wrong options and numbers', async () => {
  const { archive } = await opened(file('x'));
  const unknown = { ofset: 1 } as object;
  assert.throws(() => archive.readFile('', unknown), TypeError);
  await assert.rejects(archive.readBytes('', unknown), TypeError);
  assert.throws(() => [...archive.entries(unknown)], TypeError);
  assert.throws(() => archive.readFile('', { limit: 1 } as object), TypeError);
  for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => archive.readFile('', { offset: bad }), RangeError);
    assert.throws(() => archive.readFile('', { length: bad }), RangeError);
    assert.throws(
      () => openNar({ version: 1, root: { type: 'regular' } }, () => [], { narSize: bad }),
      RangeError,
    );
  }
  assert.throws(() => openNar({ version: 1, root: { type: 'regular' } }, () => [], unknown), TypeError);
});
