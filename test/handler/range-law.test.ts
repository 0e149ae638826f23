import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHandler } from '../../src/handler/index.ts';
import { HttpStore, MemoryStore } from '../../src/store/index.ts';

test('law: a range through client, handler and store is the slice of the bytes', async () => {
  const memory = new MemoryStore();
  const store = new HttpStore('http://cache.invalid', { fetch: createHandler(memory, { write: true }) });
  const range = fc.record({ start: fc.nat(70), length: fc.option(fc.integer({ min: 1, max: 70 })) });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), range, async (bytes, { start, length }) => {
      await store.put('k', bytes);
      const end = length === null ? undefined : start + length - 1;
      const wanted = { start, ...(end !== undefined && { end }) };
      if (start >= bytes.length) {
        await assert.rejects(store.get('k', { range: wanted }), { code: 'ERR_STORE_FAILED', status: 416 });
        return;
      }
      const object = await store.get('k', { range: wanted });
      assert.equal(object?.size, bytes.length);
      assert.deepEqual(object?.range, { start, end: Math.min(end ?? Infinity, bytes.length - 1) });
      const got = new Uint8Array(await new Response(object?.body).arrayBuffer());
      assert.deepEqual(got, new Uint8Array(bytes.slice(start, end === undefined ? undefined : end + 1)));
    }),
  );
});
