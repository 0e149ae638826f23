import { test } from 'node:test';
import { createHandler } from '../../src/handler/index.ts';
import { HttpStore, MemoryStore, type WritableStore } from '../../src/store/index.ts';
import { describeStore } from '../../src/testing/index.ts';
import { type Served, serveHandler } from './serve.ts';

const handlerOf = () => createHandler(new MemoryStore(), { write: true });

describeStore({
  test,
  title: 'HttpStore in process',
  create: () => new HttpStore('http://cache.invalid', { fetch: handlerOf() }),
});

describeStore({
  test,
  title: 'HttpStore in process, streaming every body',
  create: () => new HttpStore('http://cache.invalid/', { fetch: handlerOf(), bufferLimit: 0 }),
});

for (const [title, options] of [
  ['HttpStore over a socket', {}],
  ['HttpStore over a socket, streaming every body', { bufferLimit: 0 }],
] as const) {
  const servers = new Map<WritableStore, Served>();
  describeStore({
    test,
    title,
    create: async () => {
      const server = await serveHandler(handlerOf());
      const store = new HttpStore(server.url, options);
      servers.set(store, server);
      return store;
    },
    destroy: async (store) => {
      await servers.get(store)?.[Symbol.asyncDispose]();
    },
  });
}
