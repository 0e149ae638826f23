import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BinaryCache, narInfoKey, narKey } from 'narkit/cache';
import { none } from 'narkit/codec';
import { FileStore } from 'narkit/node';
import { type PublishOptions, plan, publish } from 'narkit/publish';
import { createSigner, generateSecretKey } from 'narkit/signature';
import { MemoryStore } from 'narkit/store';
import { narsOf, pathOf, textObject } from '../support/infos.ts';
import { tempDir } from '../support/temp.ts';

const signers = [createSigner(generateSecretKey('test-1'))];

describe("publish with check: 'exists'", () => {
  for (const kind of ['one by one', 'all at once'] as const) {
    it(`leaves alone what has a narinfo, and says no more of it, asking ${kind}`, async (t) => {
      const objects = [await textObject('a', 'A'), await textObject('b', 'B', [pathOf('a')])];
      const store = kind === 'one by one' ? new MemoryStore() : new FileStore(await tempDir(t));
      const cache = new BinaryCache(store);
      await store.put(narInfoKey(pathOf('a')), new TextEncoder().encode('not looked into'));
      const options: PublishOptions = { nar: narsOf(objects), codec: none, signers, check: 'exists' };
      const infos = objects.map(({ info }) => info);
      const done: string[] = [];
      const onEvent: PublishOptions['onEvent'] = (event) =>
        event.type === 'done' && done.push(event.receipt.storePath);
      const receipts = await publish(cache, infos, { ...options, onEvent });
      assert.deepEqual(done, [pathOf('b')]);
      assert.deepEqual(receipts[0], { storePath: pathOf('a'), outcome: 'exists' });
      assert.equal(receipts[1]?.outcome, 'uploaded');
      const again = await plan(cache, infos, { signers, check: 'exists' });
      assert.deepEqual(
        again.map(({ action }) => action),
        ['exists', 'exists'],
      );
      // By default it is read, and so replaced.
      const read = await publish(cache, infos, { ...options, check: 'read' });
      assert.deepEqual(
        read.map(({ outcome }) => outcome),
        ['uploaded', 'present'],
      );
    });
  }

  it('refuses another word', async () => {
    const options = { check: 'maybe' } as unknown as Parameters<typeof plan>[2];
    await assert.rejects(plan(new BinaryCache(new MemoryStore()), [], options), /'read' or 'exists'/);
  });
});

describe('small NARs', () => {
  it('need one request where they are not there, and are read back where they are', async () => {
    const { info, nar } = await textObject('a', 'A');
    for (const [there, outcome, expected] of [
      [undefined, 'uploaded', ['put']],
      [nar, 'deduplicated', ['put', 'get']],
      [nar.subarray(8), 'uploaded', ['put', 'get', 'put']],
    ] as const) {
      const store = new MemoryStore();
      const key = narKey(info.narHash, none);
      if (there !== undefined) await store.put(key, there);
      const calls: string[] = [];
      for (const name of ['head', 'get', 'put'] as const) {
        const call = store[name].bind(store) as (...args: unknown[]) => Promise<never>;
        store[name] = (...args: unknown[]) => {
          if (args[0] === key) calls.push(name);
          return call(...args);
        };
      }
      const [receipt] = await publish(new BinaryCache(store), [info], {
        nar: () => nar,
        codec: none,
        signers,
      });
      assert.equal(receipt?.outcome, outcome);
      assert.deepEqual(calls, expected);
    }
  });
});

describe('FileStore.existing', () => {
  it('tells files from all else', async (t) => {
    const store = new FileStore(await tempDir(t));
    await store.put('nar/x', new Uint8Array(1));
    await writeFile(join(store.directory, 'by-hand'), '');
    const asked = ['nar', 'nar/x', 'nar/x/below', 'by-hand', 'absent', 'n'.repeat(300)];
    assert.deepEqual([...(await store.existing(asked))], ['nar/x', 'by-hand']);
    await assert.rejects(store.existing(['../x']), { code: 'ERR_STORE_KEY' });
    await assert.rejects(store.existing(['x'], { signal: AbortSignal.abort(new Error('stop')) }), /stop/);
  });
});

describe('a store of small files', () => {
  it('lets others have their turn, one caller or many', async (t) => {
    const store = new FileStore(await tempDir(t));
    let turns = 0;
    const count = setInterval(() => turns++, 1);
    const until = performance.now() + 200;
    // Every call is answered without a turn of the event loop, so nothing but the store makes one.
    while (performance.now() < until) await store.put('k', new Uint8Array(10));
    assert.ok(turns >= 5, `${turns} turns in 200 ms`);
    turns = 0;
    const began = performance.now();
    await Promise.all(Array.from({ length: 1500 }, (_, i) => store.put(`k${i}`, new Uint8Array(10))));
    clearInterval(count);
    const took = performance.now() - began;
    assert.ok(turns >= took / 25, `${turns} turns in ${took} ms`);
  });
});
