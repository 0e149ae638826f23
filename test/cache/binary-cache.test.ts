import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../src/bytes/stream.ts';
import { BinaryCache } from '../../src/cache/binary-cache.ts';
import type { Decoder } from '../../src/codec/codec.ts';
import { IntegrityError } from '../../src/errors.ts';
import { hashBytes } from '../../src/hash/hash-source.ts';
import { printNarInfoDocument } from '../../src/narinfo/document.ts';
import { narInfoOfDocument } from '../../src/narinfo/parse.ts';
import type { NarInfo } from '../../src/narinfo/path-info.ts';
import { printNarInfo } from '../../src/narinfo/print.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import type { ReadableStore } from '../../src/store/store.ts';
import { parseBaseName } from '../../src/store-path/store-path.ts';
import { B_INFO, B_NARINFO } from '../narinfo/vectors.ts';

const B = B_INFO.storePath;
const HASH = B.slice(0, 32);
const NAR = Buffer.from('0123456789'.repeat(10));
const other = parseBaseName(`${HASH}-other-name`);

/** "Compresses" by doubling every byte; so its FileHash is not its NarHash. */
const doubled: Decoder = {
  name: 'double',
  async *decompress(source) {
    let rest = Buffer.alloc(0);
    for await (const chunk of source) {
      rest = Buffer.concat([rest, chunk]);
      const whole = rest.length - (rest.length % 2);
      yield Uint8Array.from(rest.subarray(0, whole).filter((_, i) => i % 2 === 0));
      rest = rest.subarray(whole);
    }
    if (rest.length > 0) throw new IntegrityError('ERR_COMPRESSED_DATA', 'odd', { subject: 'double' });
  },
};
const FILE = Buffer.from([...NAR].flatMap((byte) => [byte, byte]));

function info(change: Partial<NarInfo> = {}): NarInfo {
  return {
    storePath: B,
    url: 'nar/x.nar',
    compression: 'double',
    fileHash: hashBytes('sha256', FILE),
    fileSize: FILE.length,
    narHash: hashBytes('sha256', NAR),
    narSize: NAR.length,
    references: [],
    signatures: [],
    ...change,
  };
}

async function storeWith(objects: Record<string, string | Uint8Array>): Promise<MemoryStore> {
  const store = new MemoryStore({ name: 'mem' });
  for (const [key, body] of Object.entries(objects)) await store.put(key, Buffer.from(body as string));
  return store;
}

async function cacheWith(
  objects: Record<string, string | Uint8Array>,
  options = {},
): Promise<BinaryCache<MemoryStore>> {
  return new BinaryCache(await storeWith(objects), { decoders: [doubled], ...options });
}

test('what is not there is undefined', async () => {
  const cache = await cacheWith({});
  assert.equal(await cache.cacheInfo(), undefined);
  assert.equal(await cache.narInfo(B), undefined);
  assert.equal(await cache.hasPath(B), false);
  assert.equal(await cache.listing(B), undefined);
  assert.equal(await cache.log(B), undefined);
});

test('what is there', async () => {
  const cache = await cacheWith({
    'nix-cache-info': 'StoreDir: /nix/store\nPriority: 3\n',
    [`${HASH}.narinfo`]: B_NARINFO,
    [`${HASH}.ls`]: '{"version":1,"root":{"type":"symlink","target":"t"}}',
    [`log/${B}`]: 'built',
  });
  assert.deepEqual(await cache.cacheInfo(), { storeDir: '/nix/store', priority: 3 });
  assert.deepEqual(await cache.narInfo(B), B_INFO);
  assert.equal(await cache.hasPath(B), true);
  assert.deepEqual(await cache.listing(B), { version: 1, root: { type: 'symlink', target: 't' } });
  assert.equal(await new Response(await cache.log(B)).text(), 'built');
});

test('the document of a narinfo has all its lines', async () => {
  const odd = `X-First: 1\n${B_NARINFO}X-Last: 2\nNarSize: +${B_INFO.narSize}\n`;
  const cache = await cacheWith({ [`${HASH}.narinfo`]: odd });
  const document = (await cache.narInfoDocument(B)) ?? assert.fail();
  assert.equal(printNarInfoDocument(document), odd);
  assert.deepEqual(narInfoOfDocument(document), await cache.narInfo(B));
  assert.equal(await cache.narInfoDocument(other), undefined);
  assert.equal(await (await cacheWith({})).narInfoDocument(B), undefined);
  for (const bad of ['x', 'StorePath: x\n', odd.replace('NarSize: +', 'NarSize: ++')]) {
    const broken = await cacheWith({ [`${HASH}.narinfo`]: bad });
    await assert.rejects(broken.narInfoDocument(B), { code: 'ERR_PARSE_NAR_INFO' }, bad);
  }
});

test('priority and mass queries: the options count, not what the cache says', async () => {
  const objects = { 'nix-cache-info': 'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n' };
  const said = { storeDir: '/nix/store', wantMassQuery: true, priority: 40 };
  for (const options of [
    {},
    { priority: 0 },
    { wantMassQuery: false },
    { priority: -5, wantMassQuery: false },
  ]) {
    assert.deepEqual(await (await cacheWith(objects, options)).cacheInfo(), { ...said, ...options });
  }
  const silent = await cacheWith({ 'nix-cache-info': 'StoreDir: /nix/store\n' }, { priority: 3 });
  assert.deepEqual(await silent.cacheInfo(), { storeDir: '/nix/store', priority: 3 });
  assert.equal(await (await cacheWith({}, { priority: 3 })).cacheInfo(), undefined);
});

test('section 3: a narinfo of another name under the same hash part is none', async () => {
  const cache = await cacheWith({ [`${HASH}.narinfo`]: B_NARINFO });
  assert.equal(await cache.narInfo(other), undefined);
});

test('section 6: a cache of another store directory is an error; one that does not say is not', async () => {
  const wrong = await cacheWith({ 'nix-cache-info': 'StoreDir: /gnu/store\n' });
  await assert.rejects(wrong.cacheInfo(), {
    code: 'ERR_STORE_DIR',
    message: /'\/gnu\/store'.*'\/nix\/store'/,
  });
  assert.deepEqual(await (await cacheWith({ 'nix-cache-info': 'Priority: 1' })).cacheInfo(), { priority: 1 });
  const right = await cacheWith(
    {
      'nix-cache-info': 'StoreDir: /gnu/store\n',
      [`${HASH}.narinfo`]: B_NARINFO.replaceAll('/nix/store', '/gnu/store'),
    },
    { storeDir: '/gnu/store' },
  );
  assert.equal((await right.cacheInfo())?.storeDir, '/gnu/store');
  assert.deepEqual(await right.narInfo(B), B_INFO);
  assert.throws(() => new BinaryCache(new MemoryStore(), { storeDir: '/gnu/' }), {
    code: 'ERR_PARSE_STORE_PATH',
  });
});

test('what is no narinfo, no listing, no cache info, or no text, is an error that says which', async () => {
  const bad = Buffer.from([0x53, 0xff, 0x0a]);
  const cache = await cacheWith({ 'nix-cache-info': bad, [`${HASH}.narinfo`]: bad, [`${HASH}.ls`]: bad });
  await assert.rejects(cache.narInfo(B), { code: 'ERR_PARSE_NAR_INFO', message: new RegExp(HASH) });
  await assert.rejects(cache.listing(B), { code: 'ERR_PARSE_LISTING', message: new RegExp(HASH) });
  await assert.rejects(cache.cacheInfo(), { code: 'ERR_PARSE_CACHE_INFO', message: /nix-cache-info/ });
  const broken = await cacheWith({
    [`${HASH}.narinfo`]: 'x',
    [`${HASH}.ls`]: 'x',
    'nix-cache-info': 'Priority: x',
  });
  await assert.rejects(broken.narInfo(B), { code: 'ERR_PARSE_NAR_INFO' });
  await assert.rejects(broken.listing(B), { code: 'ERR_PARSE_LISTING' });
  await assert.rejects(broken.cacheInfo(), { code: 'ERR_PARSE_CACHE_INFO' });
});

test('openNar: right bytes, compressed or not', async () => {
  for (const [narInfo, body] of [
    [info(), FILE],
    [info({ compression: 'none', fileHash: hashBytes('sha256', NAR), fileSize: NAR.length }), NAR],
  ] as const) {
    const { fileHash: _, fileSize: __, ...unknownFile } = narInfo;
    const cache = await cacheWith({ 'nar/x.nar': body });
    for (const known of [narInfo, unknownFile]) {
      const stream = await cache.openNar(known);
      assert.ok(stream instanceof ReadableStream);
      assert.deepEqual(Buffer.from(await collect(stream)), NAR);
    }
  }
});

test('openNar: a wrong hash or size of NAR or file is an IntegrityError, and the NAR never comes whole', async () => {
  const cache = await cacheWith({ 'nar/x.nar': FILE });
  const plain = await cacheWith({ 'nar/x.nar': NAR });
  const wrong = hashBytes('sha256', Buffer.from('wrong'));
  const { fileHash: _, fileSize: __, ...unknownFile } = info();
  for (const [where, narInfo, code] of [
    [cache, info({ narHash: wrong }), 'ERR_HASH_MISMATCH'],
    [cache, info({ narSize: NAR.length - 1 }), 'ERR_SIZE_MISMATCH'],
    [cache, info({ narSize: NAR.length + 1 }), 'ERR_SIZE_MISMATCH'],
    [cache, info({ fileHash: wrong }), 'ERR_HASH_MISMATCH'],
    [cache, info({ fileSize: FILE.length - 1 }), 'ERR_SIZE_MISMATCH'],
    [cache, info({ fileSize: FILE.length + 1 }), 'ERR_SIZE_MISMATCH'],
    [plain, info({ compression: 'none', narHash: wrong }), 'ERR_HASH_MISMATCH'],
    [plain, { ...unknownFile, compression: 'none', narSize: 1 }, 'ERR_SIZE_MISMATCH'],
  ] as const) {
    let length = 0;
    await assert.rejects(
      async () => {
        for await (const chunk of await where.openNar(narInfo)) length += chunk.length;
      },
      { name: 'IntegrityError', code },
    );
    assert.ok(length < NAR.length);
  }
});

test('openNar: a bomb stops at narSize', async () => {
  let made = 0;
  const bomb: Decoder = {
    name: 'bomb',
    async *decompress() {
      for (; made < 1000; made++) yield new Uint8Array(65_536);
    },
  };
  const cache = await cacheWith({ 'nar/x.nar': 'x' }, { decoders: [bomb] });
  const { fileHash: _, fileSize: __, ...unknownFile } = info({ compression: 'bomb' });
  await assert.rejects(collect(await cache.openNar(unknownFile)), { code: 'ERR_SIZE_MISMATCH' });
  assert.ok(made <= 1);
});

test('openNar: no object, no decoder, or a URL that leads out', async () => {
  const cache = await cacheWith({ 'nar/x.nar': FILE });
  await assert.rejects(cache.openNar(info({ url: 'nar/y.nar' })), {
    name: 'MissingError',
    code: 'ERR_MISSING_NAR',
    subject: 'nar/y.nar',
    message: /'mem' has no NAR/,
  });
  await assert.rejects(cache.openNar(info({ compression: 'xz' })), {
    name: 'UnsupportedError',
    feature: 'compression xz',
    message: /none, double/,
  });
  for (const url of [
    'https://a.example/x.nar',
    'file:///etc/passwd',
    '/etc/passwd',
    '//a.example/x',
    'HTTP://a/',
  ]) {
    await assert.rejects(cache.openNar(info({ url })), { code: 'ERR_UNSUPPORTED' }, url);
  }
  for (const url of ['../x.nar', 'nar/../../x.nar', 'nar//x.nar', './nar/x.nar', 'nar\\x']) {
    await assert.rejects(cache.openNar(info({ url })), { code: 'ERR_STORE_KEY' }, url);
  }
});

test('openNar: cancelling ends the object, whether a byte was read or none', async () => {
  for (const reads of [0, 1]) {
    let cancelled = 0;
    const store: ReadableStore = {
      name: 'watched',
      head: async () => undefined,
      get: async (key) => ({
        key,
        size: undefined,
        body: new ReadableStream<Uint8Array>({
          pull: (controller) => controller.enqueue(new Uint8Array(10)),
          cancel: () => void cancelled++,
        }),
      }),
    };
    const { fileHash: _, fileSize: __, ...plain } = info({ compression: 'none', narSize: 1000 });
    const reader = (await new BinaryCache(store).openNar(plain)).getReader();
    for (let i = 0; i < reads; i++) await reader.read();
    await reader.cancel();
    assert.equal(cancelled, 1, `${reads} chunks read`);
  }
});

test('texts are bounded: an endless narinfo is not collected', async () => {
  let made = 0;
  const store: ReadableStore = {
    name: 'endless',
    head: async () => undefined,
    get: async (key) => ({
      key,
      size: undefined,
      body: new ReadableStream<Uint8Array>({
        pull(controller) {
          made++;
          controller.enqueue(new Uint8Array(1024 * 1024));
        },
      }),
    }),
  };
  await assert.rejects(new BinaryCache(store).narInfo(B), { code: 'ERR_SIZE_MISMATCH' });
  assert.ok(made < 20);
});

test('calls pass their options to the store', async () => {
  const cache = await cacheWith({ [`${HASH}.narinfo`]: printNarInfo(info()), 'nar/x.nar': FILE });
  const aborted = { signal: AbortSignal.abort(new Error('stop')) };
  for (const call of [
    () => cache.cacheInfo(aborted),
    () => cache.narInfo(B, aborted),
    () => cache.hasPath(B, aborted),
    () => cache.listing(B, aborted),
    () => cache.log(B, aborted),
    () => cache.openNar(info(), aborted),
  ]) {
    await assert.rejects(call(), { message: 'stop' });
  }
  await assert.rejects(cache.narInfo(B, { signl: aborted.signal } as object), TypeError);
});
