/** The conformance suite must find stores that do not conform. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect, toAsyncIterable } from '../../src/bytes/stream.ts';
import {
  type GetOptions,
  MemoryStore,
  type ObjectInfo,
  type PutOptions,
  type StoredObject,
  type WritableStore,
} from '../../src/store/index.ts';
import { describeStore } from '../../src/testing/index.ts';

/** The names of the behaviours a store lacks. */
async function lacking(create: () => WritableStore, limitMs: number): Promise<string[]> {
  const runs: [string, () => Promise<void>][] = [];
  describeStore({ test: (name, fn) => runs.push([name, fn]), create, title: 't' });
  assert.ok(runs.length >= 20);
  const failed: string[] = [];
  for (const [name, run] of runs) {
    // Some broken stores hang rather than fail.
    const limit = new Promise<void>((_resolve, reject) => setTimeout(reject, limitMs).unref());
    await Promise.race([run(), limit]).catch(() => failed.push(name));
  }
  return failed;
}

const broken: Record<string, { store: () => WritableStore; finds: RegExp }> = {
  'throws for absent keys': {
    store: () =>
      new (class extends MemoryStore {
        override async head(key: string): Promise<ObjectInfo> {
          const info = await super.head(key);
          if (info === undefined) throw new Error('no such key');
          return info;
        }
      })(),
    finds: /absent key/,
  },
  'ignores ifAbsent': {
    store: () =>
      new (class extends MemoryStore {
        override put(key: string, body: Uint8Array, { ifAbsent: _, ...options }: PutOptions = {}) {
          return super.put(key, body, options);
        }
      })(),
    finds: /racing ifAbsent/,
  },
  'ifAbsent with a gap between check and write': {
    store: () =>
      new (class extends MemoryStore {
        override async put(key: string, body: Uint8Array, { ifAbsent, ...options }: PutOptions = {}) {
          const present = await this.head(key);
          await new Promise((resolve) => setTimeout(resolve, 1));
          return ifAbsent && present ? { outcome: 'present' as const } : super.put(key, body, options);
        }
      })(),
    finds: /racing ifAbsent/,
  },
  'stores what came before the failure': {
    store: () =>
      new (class extends MemoryStore {
        override async put(key: string, body: Uint8Array, options: PutOptions = {}) {
          const chunks: Uint8Array[] = [];
          try {
            for await (const chunk of toAsyncIterable(body)) chunks.push(chunk);
          } catch {
            return super.put(key, await collect(chunks), options);
          }
          return super.put(key, await collect(chunks), options);
        }
      })(),
    finds: /a body that fails/,
  },
  'does not check the size': {
    store: () =>
      new (class extends MemoryStore {
        override put(key: string, body: Uint8Array, { size: _, ...options }: PutOptions = {}) {
          return super.put(key, body, options);
        }
      })(),
    finds: /another size/,
  },
  'takes the end of a range as exclusive': {
    store: () =>
      new (class extends MemoryStore {
        override async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
          const object = await super.get(key, options);
          if (object?.range === undefined) return object;
          const bytes = await collect(object.body);
          return { ...object, body: new Blob([bytes.slice(0, -1) as Uint8Array<ArrayBuffer>]).stream() };
        }
      })(),
    finds: /ranges hold/,
  },
  'mixes percent-encoded keys up': {
    store: () =>
      new (class extends MemoryStore {
        override put(key: string, body: Uint8Array, options?: PutOptions) {
          return super.put(key.replace('%3A', ':'), body, options);
        }
      })(),
    finds: /odd keys/,
  },
  'lists what does not begin with the prefix': {
    store: () =>
      new (class extends MemoryStore {
        override async *list() {
          yield* super.list();
        }
      })(),
    finds: /list finds/,
  },
  'ignores the signal': {
    store: () =>
      new (class extends MemoryStore {
        override get(key: string, { signal: _, ...options }: GetOptions = {}) {
          return super.get(key, options);
        }
      })(),
    finds: /aborted signal/,
  },
};

test('a conforming store lacks nothing', async () => {
  assert.deepEqual(await lacking(() => new MemoryStore(), 20_000), []);
});

for (const [name, { store, finds }] of Object.entries(broken)) {
  test(`the suite finds a store that ${name}`, async () => {
    const found = await lacking(store, 1000);
    assert.ok(
      found.some((title) => finds.test(title)),
      found.join(' | '),
    );
  });
}
