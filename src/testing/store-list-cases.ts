/**
 * What listing a store must do.
 *
 * @module
 */
import { compareAscii } from '../bytes/bytes.ts';
import type { ListableStore, WritableStore } from '../store/store.ts';
import { check, noise, rejection, type StoreCase, same } from './assert.ts';

type Listable = WritableStore & ListableStore;

async function keys(store: ListableStore, prefix?: string): Promise<string> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found.sort(compareAscii).join(' ');
}

export const listCases: Readonly<Record<string, StoreCase<Listable>>> = {
  'list finds every key, and those that begin with a prefix': async (store) => {
    same(await keys(store), '', 'an empty store');
    const all = ['a', 'ab', 'abc/d', 'abc/e:f!g+h?i=j', 'abc/d2/e', 'b/%41'];
    for (const key of all) await store.put(key, noise(key.length));
    const beginning = (prefix: string): string =>
      all
        .filter((key) => key.startsWith(prefix))
        .sort(compareAscii)
        .join(' ');
    for (const prefix of [
      '',
      'a',
      'ab',
      'abc',
      'abc/',
      'abc/d',
      'abc/e:',
      'b/%',
      'c',
      'abc/d2/e/',
      '../',
      '/',
    ]) {
      same(await keys(store, prefix), beginning(prefix), `prefix '${prefix}'`);
    }
    same(await keys(store), beginning(''), 'no prefix');
  },

  'list tells what head tells': async (store) => {
    await store.put('k', noise(1234));
    for await (const info of store.list()) {
      same(info.size, 1234, 'size');
      const etag = (await store.head('k'))?.etag;
      if (info.etag !== undefined) same(info.etag, etag, 'etag');
    }
  },

  'list shows no object before its put is done': async (store) => {
    let during = 'not listed';
    async function* body(): AsyncGenerator<Uint8Array> {
      yield noise(300_000);
      during = await keys(store);
      yield noise(10);
    }
    await store.put('x/slow', body());
    same(during, '', 'keys during the put');
    same(await keys(store), 'x/slow', 'keys after it');
    const boom = new Error('the body failed');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield noise(300_000);
      throw boom;
    }
    await rejection(store.put('x/broken', broken()), 'put of a failing body');
    same(await keys(store), 'x/slow', 'keys after a failed put');
  },

  'a list can be left early, and aborted': async (store) => {
    for (let i = 0; i < 10; i++) await store.put(`k${i}`, noise(1));
    for await (const _ of store.list()) break;
    const reason = new Error('enough');
    const aborted = (async () => {
      for await (const _ of store.list('', { signal: AbortSignal.abort(reason) })) check(false, 'it went on');
    })();
    same(await rejection(aborted, 'list'), reason, 'list rejects with');
  },
};
