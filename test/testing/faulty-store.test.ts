import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNarkitError } from '../../src/errors.ts';
import { MemoryStore } from '../../src/store/index.ts';
import { describeStore, type Fault, faultyStore } from '../../src/testing/index.ts';
import { keysOf } from '../store/keys.ts';

describeStore({
  test,
  create: () => faultyStore(new MemoryStore(), []),
  title: 'faultyStore without faults',
});

async function filled(plan: readonly Fault[]) {
  const inner = new MemoryStore();
  await inner.put('k', new Uint8Array(100));
  return { inner, store: faultyStore(inner, plan) };
}

const lengthOf = async (body: ReadableStream<Uint8Array> | undefined) =>
  (await new Response(body).arrayBuffer()).byteLength;

test('faults befall the calls they name, as often as they say', async () => {
  const boom = new Error('boom');
  const { store } = await filled([
    { operation: 'head', key: 'k', after: 1, times: 2, error: 'unavailable' },
    { key: /^x/, error: boom },
  ]);
  assert.ok(await store.head('k'));
  for (let i = 0; i < 2; i++) {
    await assert.rejects(store.head('k'), (err) => isNarkitError(err, 'ERR_STORE_UNAVAILABLE'));
  }
  assert.ok(await store.head('k'));
  await assert.rejects(store.put('x1', new Uint8Array()), (err) => err === boom);
  await store.put('x1', new Uint8Array());
  assert.deepEqual(store.calls, ['head k', 'head k', 'head k', 'head k', 'put x1', 'put x1']);
});

test('bodies are cut short, or fail; answers are late or lost', async () => {
  const { store, inner } = await filled([
    { operation: 'get', truncateAt: 10 },
    { operation: 'get', failAt: 10 },
    { operation: 'put', truncateAt: 10 },
    { operation: 'put', error: 'denied', late: true },
    { operation: 'delete', delayMs: 30 },
    { operation: 'list', error: 'denied' },
  ]);
  assert.equal(await lengthOf((await store.get('k'))?.body), 10);
  await assert.rejects(lengthOf((await store.get('k'))?.body));
  await store.put('a', new Uint8Array(100));
  assert.equal((await inner.head('a'))?.size, 10);
  await assert.rejects(store.put('b', new Uint8Array(100)), (err) => isNarkitError(err, 'ERR_STORE_DENIED'));
  assert.equal((await inner.head('b'))?.size, 100);
  const started = performance.now();
  await store.delete('a');
  assert.ok(performance.now() - started >= 25);
  await assert.rejects(keysOf(store));
});
