/**
 * What reading a store must do.
 *
 * @module
 */
import { utf8 } from '../bytes/bytes.ts';
import type { GetOptions } from '../store/store.ts';
import { check, noise, read, rejection, rejectsWith, type StoreCase, same, sameBytes } from './assert.ts';

/** Legal, and each easily mistaken for something else by a URL, a shell or a file system. */
const ODD_KEYS = [
  'a:b!c+d?e=f',
  'a%3Ab',
  'a b#c&d',
  '%',
  '+',
  ' lead and trail ',
  'é/ü/日本',
  'e\u0301',
  'quote\'and"quote',
  'build-trace-v2/x-1.0.drv/out.doi',
  'realisations/sha256:abc!out.doi',
  '~tilde;semi,comma@at$dollar(paren)*star',
  '...',
  '.hidden',
  `long/${'n'.repeat(200)}`,
];

const BAD_KEYS = [
  '',
  '/',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  'a/../b',
  './a',
  'a\\b',
  'a\0b',
  '\ud800',
  'k'.repeat(1025),
];

export const readCases: Readonly<Record<string, StoreCase>> = {
  'an absent key is undefined, to head and to get': async (store) => {
    same(await store.head('nar/absent.nar'), undefined, 'head');
    same(await store.get('nar/absent.nar'), undefined, 'get');
    same(await store.get('nar/absent.nar', { range: { start: 0, end: 1 } }), undefined, 'get with a range');
    await store.put('nar/there.nar', noise(3));
    same(await store.head('nar'), undefined, 'head of what only other keys begin with');
    same(await store.get('nar'), undefined, 'get of what only other keys begin with');
    same(await store.get('nar/there.nar/below'), undefined, 'get below an object');
  },

  'head and get agree on what was put': async (store) => {
    const bytes = noise(1000);
    const put = await store.put('a/b', bytes, { contentType: 'application/x-nix-nar', size: 1000 });
    same(put.outcome, 'stored', 'outcome');
    const head = await store.head('a/b');
    const got = await read(store, 'a/b');
    check(head !== undefined, 'head: the object is not there');
    sameBytes(got.bytes, bytes, 'content');
    same(head.key, 'a/b', 'key');
    same(got.key, 'a/b', 'key');
    same(head.size, 1000, 'size by head');
    same(got.size, 1000, 'size by get');
    same(got.range, undefined, 'range, when none was asked for');
    same(got.etag, head.etag, 'etag');
    if (put.etag !== undefined && head.etag !== undefined) same(put.etag, head.etag, 'etag by put');
    check(head.etag === undefined || /^(W\/)?"[^"]*"$/.test(head.etag), `etag is not quoted: ${head.etag}`);
  },

  'content type and metadata are kept, or not reported at all': async (store) => {
    await store.put('x', noise(1), { contentType: 'text/x-test', metadata: { 'File-Hash': 'sha256:1' } });
    const head = await store.head('x');
    check([undefined, 'text/x-test', 'application/octet-stream'].includes(head?.contentType), 'content type');
    const value = head?.metadata?.['file-hash'];
    check(value === undefined || value === 'sha256:1', `metadata: ${value}`);
    check(head?.metadata?.['File-Hash'] === undefined, 'names of metadata are lower-case');
  },

  'an empty object is an object': async (store) => {
    await store.put('empty', new Uint8Array());
    same((await store.head('empty'))?.size, 0, 'size');
    same((await read(store, 'empty')).bytes.length, 0, 'content');
    await store.put('empty-stream', [], { size: 0 });
    same((await read(store, 'empty-stream')).bytes.length, 0, 'content of an empty stream');
  },

  'odd keys are kept apart': async (store) => {
    for (const key of ODD_KEYS) await store.put(key, utf8(key));
    for (const key of ODD_KEYS) sameBytes((await read(store, key)).bytes, utf8(key), key);
    for (const key of ODD_KEYS) await store.delete(key);
    for (const key of ODD_KEYS) same(await store.head(key), undefined, key);
  },

  'bad keys are refused by every call': async (store) => {
    for (const key of BAD_KEYS) {
      const what = JSON.stringify(key).slice(0, 20);
      await rejectsWith('ERR_STORE_KEY', store.head(key), `head ${what}`);
      await rejectsWith('ERR_STORE_KEY', store.get(key), `get ${what}`);
      await rejectsWith('ERR_STORE_KEY', store.put(key, noise(1)), `put ${what}`);
      await rejectsWith('ERR_STORE_KEY', store.delete(key), `delete ${what}`);
    }
  },

  'ranges hold the bytes they say': async (store) => {
    for (const size of [100, 200_000]) {
      const bytes = noise(size);
      await store.put('r', bytes);
      const ranges: NonNullable<GetOptions['range']>[] = [
        { start: 0, end: 0 },
        { start: 10, end: 19 },
        { start: size - 1 },
        { start: 0 },
        { start: 50 },
        { start: size - 10, end: size + 1000 },
        { start: 1, end: size - 2 },
      ];
      for (const range of ranges) {
        const got = await read(store, 'r', { range });
        const what = `range ${range.start}-${range.end ?? ''} of ${size}`;
        same(got.size, size, `${what}: size is that of the whole object`);
        if (got.range === undefined) {
          sameBytes(got.bytes, bytes, `${what}: not honoured, so the whole object`);
          continue;
        }
        same(got.range.start, range.start, `${what}: start`);
        same(got.range.end, Math.min(range.end ?? size - 1, size - 1), `${what}: end`);
        sameBytes(got.bytes, bytes.slice(got.range.start, got.range.end + 1), what);
      }
    }
  },

  'a range that begins beyond the end fails, a malformed one is a RangeError': async (store) => {
    await store.put('r', noise(10));
    await store.put('empty', new Uint8Array());
    await rejectsWith('ERR_STORE_FAILED', store.get('r', { range: { start: 10 } }), 'start at the end');
    await rejectsWith('ERR_STORE_FAILED', store.get('empty', { range: { start: 0 } }), 'empty object');
    for (const range of [{ start: -1 }, { start: 5, end: 4 }, { start: 0.5 }, { start: Number.NaN }]) {
      const err = await rejection(store.get('r', { range }), `range ${range.start}-${range.end}`);
      check(err instanceof RangeError, `range ${range.start}-${range.end}: ${String(err)}`);
    }
  },

  'bodies that are not read can be cancelled': async (store) => {
    await store.put('big', noise(1_000_000));
    for (let i = 0; i < 30; i++) {
      const object = await store.get('big');
      check(object !== undefined, 'the object is not there');
      if (i % 2 === 0) await object.body.cancel();
      else {
        const reader = object.body.getReader();
        await reader.read();
        await reader.cancel();
      }
    }
    same((await read(store, 'big')).bytes.length, 1_000_000, 'size, afterwards');
  },

  'an aborted signal ends reading': async (store) => {
    await store.put('k', noise(1_000_000));
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    same(await rejection(store.head('k', { signal }), 'head'), reason, 'head rejects with');
    same(await rejection(store.get('k', { signal }), 'get'), reason, 'get rejects with');
    same(await rejection(store.delete('k', { signal }), 'delete'), reason, 'delete rejects with');
    check((await store.head('k')) !== undefined, 'the aborted delete deleted');
  },

  'many calls at once do not disturb each other': async (store) => {
    const keys = Array.from({ length: 40 }, (_, i) => `many/${i % 4}/${i}`);
    await Promise.all(keys.map((key, i) => store.put(key, noise(i * 100, i))));
    await Promise.all(
      keys.map(async (key, i) => sameBytes((await read(store, key)).bytes, noise(i * 100, i), key)),
    );
  },
};
