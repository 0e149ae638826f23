import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../../src/store/index.ts';
import { describeStore } from '../../src/testing/index.ts';

describeStore({ test, create: () => new MemoryStore(), title: 'MemoryStore' });

test('MemoryStore keeps content types and metadata', async () => {
  const store = new MemoryStore();
  await store.put('k', new Uint8Array(3), { contentType: 'text/x', metadata: { 'Nar-Hash': 'v' } });
  const head = await store.head('k');
  assert.equal(head?.contentType, 'text/x');
  assert.deepEqual(head?.metadata, { 'nar-hash': 'v' });
  assert.ok(head?.lastModified instanceof Date);
});

test('MemoryStore refuses misspelt options', async () => {
  const store = new MemoryStore();
  assert.throws(() => new MemoryStore({ nmae: 'x' } as object), TypeError);
  await assert.rejects(
    store.put('k', new Uint8Array(), { ifAbsant: true } as object),
    /did you mean 'ifAbsent'/,
  );
  await assert.rejects(store.get('k', { rnage: {} } as object), TypeError);
  await assert.rejects(store.put('k', 'text' as unknown as Uint8Array), TypeError);
});

test('a body that is not needed is let go of', async () => {
  const store = new MemoryStore();
  await store.put('k', new Uint8Array(1));
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    cancel() {
      cancelled = true;
    },
  });
  assert.equal((await store.put('k', body, { ifAbsent: true })).outcome, 'present');
  assert.ok(cancelled);
});
