/**
 * What writing to a store must do.
 *
 * @module
 */
import { toReadableStream } from '../bytes/stream.ts';
import type { WritableStore } from '../store/store.ts';
import {
  check,
  failing,
  noise,
  oddChunks,
  read,
  rejection,
  rejectsWith,
  type StoreCase,
  same,
  sameBytes,
} from './assert.ts';

/** Checks that nothing or `before` is at `key`. */
async function untouched(store: WritableStore, key: string, before?: Uint8Array): Promise<void> {
  if (before === undefined) same(await store.head(key), undefined, `head ${key} after a failed put`);
  else sameBytes((await read(store, key)).bytes, before, `${key} after a failed put`);
}

/** The body's own error, or one that names it as its cause. */
function comesFrom(err: unknown, origin: unknown): boolean {
  return err === origin || (err instanceof Error && comesFrom(err.cause, origin));
}

export const writeCases: Readonly<Record<string, StoreCase>> = {
  'a put replaces the whole object': async (store) => {
    await store.put('k', noise(1000, 1));
    const first = await store.head('k');
    await store.put('k', noise(10, 2));
    sameBytes((await read(store, 'k')).bytes, noise(10, 2), 'content');
    const second = await store.head('k');
    same(second?.size, 10, 'size');
    check(first?.etag === undefined || first.etag !== second?.etag, 'the etag did not change');
  },

  'every kind of body is stored': async (store) => {
    const bytes = noise(5000);
    await store.put('array', bytes);
    await store.put('view', noise(5010).fill(9).subarray(5, 15));
    await store.put('iterable', [bytes.slice(0, 1000), bytes.slice(1000)]);
    await store.put('async', oddChunks(bytes));
    await store.put('stream', toReadableStream(oddChunks(bytes)), { size: bytes.length });
    for (const key of ['array', 'iterable', 'async', 'stream']) {
      sameBytes((await read(store, key)).bytes, bytes, key);
    }
    sameBytes((await read(store, 'view')).bytes, new Uint8Array(10).fill(9), 'view');
  },

  'five megabytes in odd chunks arrive whole': async (store) => {
    const bytes = noise(5_000_003);
    await store.put('nar/unsized', oddChunks(bytes));
    sameBytes((await read(store, 'nar/unsized')).bytes, bytes, 'size unknown');
    await store.put('nar/sized', oddChunks(bytes), { size: bytes.length });
    sameBytes((await read(store, 'nar/sized')).bytes, bytes, 'size known');
  },

  'the stored bytes are not the caller’s memory': async (store) => {
    const bytes = noise(100);
    await store.put('k', bytes);
    bytes.fill(0);
    sameBytes((await read(store, 'k')).bytes, noise(100), 'after the caller changed his array');
    const reader = (await store.get('k'))?.body.getReader();
    (await reader?.read())?.value?.fill(1);
    await reader?.cancel();
    sameBytes((await read(store, 'k')).bytes, noise(100), 'after a reader changed his array');
  },

  'a body that fails leaves nothing, or the old object': async (store) => {
    const boom = new Error('the body failed');
    for (const length of [0, 1000, 1_000_000]) {
      const err = await rejection(store.put('new', failing(boom, noise(length))), `put of ${length}`);
      check(comesFrom(err, boom), `expected the body's error, got ${String(err)}`);
      await untouched(store, 'new');
    }
    await store.put('old', noise(50));
    await rejection(store.put('old', failing(boom, noise(100_000, 2))), 'put over an object');
    await untouched(store, 'old', noise(50));
    await rejection(store.put('new', failing(boom, noise(10)), { ifAbsent: true }), 'put if absent');
    await untouched(store, 'new');
    same((await store.put('new', noise(1), { ifAbsent: true })).outcome, 'stored', 'put after the failure');
  },

  'a body of another size than promised leaves nothing': async (store) => {
    for (const [length, size] of [
      [10, 11],
      [10, 9],
      [0, 1],
      [300_000, 300_001],
      [300_000, 299_999],
    ] as const) {
      const what = `${length} bytes, ${size} promised`;
      await rejectsWith('ERR_SIZE_MISMATCH', store.put('k', oddChunks(noise(length)), { size }), what);
      await rejectsWith('ERR_SIZE_MISMATCH', store.put('k', noise(length), { size }), `${what}, at once`);
      await untouched(store, 'k');
    }
  },

  'an aborted put leaves nothing, even while its body hangs': async (store) => {
    const reason = new Error('enough');
    const early = store.put('k', noise(10), { signal: AbortSignal.abort(reason) });
    same(await rejection(early, 'put'), reason, 'put rejects with');
    const controller = new AbortController();
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield noise(200_000);
      setTimeout(() => controller.abort(reason), 5);
      await new Promise(() => {});
    }
    const late = store.put('k', hanging(), { signal: controller.signal });
    same(await rejection(late, 'put'), reason, 'the hanging put rejects with');
    await untouched(store, 'k');
  },

  'readers during overwrites see one object or another, never a mix': async (store) => {
    const versions = [1, 2, 3].map((n) => new Uint8Array(120_000 + n).fill(n));
    await store.put('k', versions[0] as Uint8Array);
    let writing = true;
    const writer = (async () => {
      try {
        for (let i = 0; i < 12; i++) {
          const version = versions[i % 3] as Uint8Array;
          await store.put('k', i % 2 === 0 ? version : oddChunks(version));
        }
      } finally {
        writing = false;
      }
    })();
    const reader = async (): Promise<void> => {
      while (writing) {
        const { bytes } = await read(store, 'k');
        sameBytes(bytes, versions[(bytes[0] as number) - 1] as Uint8Array, 'an object read meanwhile');
        // A store in memory may never wait for anything: let timers have their turn.
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    };
    await Promise.all([writer, reader(), reader(), reader()]);
  },

  'a body opened before an overwrite or a delete is whole, or an error': async (store) => {
    const old = noise(1_500_000, 1);
    await store.put('k', old);
    const opened = await Promise.all([store.get('k'), store.get('k')]);
    await store.put('k', noise(1_500_000, 2));
    await store.delete('k');
    for (const object of opened) {
      check(object !== undefined, 'the object is not there');
      let bytes: Uint8Array;
      try {
        bytes = new Uint8Array(await new Response(object.body).arrayBuffer());
      } catch {
        continue;
      }
      sameBytes(bytes, old, 'the opened body');
    }
  },

  'ifAbsent leaves what is there': async (store) => {
    same((await store.put('k', noise(10), { ifAbsent: true })).outcome, 'stored', 'first outcome');
    same((await store.put('k', noise(20), { ifAbsent: true })).outcome, 'present', 'second outcome');
    const big = store.put('k', oddChunks(noise(300_000)), { ifAbsent: true });
    same((await big).outcome, 'present', 'outcome of a stream');
    sameBytes((await read(store, 'k')).bytes, noise(10), 'content');
    await store.delete('k');
    same((await store.put('k', noise(20), { ifAbsent: true })).outcome, 'stored', 'outcome after a delete');
  },

  'of eight racing ifAbsent puts exactly one is stored': async (store) => {
    const racers = Array.from({ length: 8 }, (_, i) => noise(70_000, i + 1));
    const results = await Promise.all(
      racers.map((bytes, i) => store.put('race', i % 2 === 0 ? bytes : oddChunks(bytes), { ifAbsent: true })),
    );
    const winners = results.flatMap(({ outcome }, i) => (outcome === 'stored' ? [i] : []));
    const { bytes } = await read(store, 'race');
    check(
      racers.some((racer) => racer[0] === bytes[0] && racer.length === bytes.length),
      'nobody wrote that',
    );
    check(winners.length >= 1, 'nobody won');
    // A store without conditional writes says so, and then may have several winners.
    if (results.some(({ conditional }) => conditional === false)) return;
    same(winners.length, 1, 'number of winners');
    sameBytes(bytes, racers[winners[0] as number] as Uint8Array, 'the content is the winner’s');
  },

  'delete removes, and may be repeated': async (store) => {
    await store.put('a/k', noise(10));
    await store.put('a/other', noise(10));
    await store.delete('a/k');
    same(await store.head('a/k'), undefined, 'head');
    same(await store.get('a/k'), undefined, 'get');
    await store.delete('a/k');
    await store.delete('never/was');
    await store.delete('a');
    check((await store.head('a/other')) !== undefined, 'a neighbour was deleted');
  },
};
