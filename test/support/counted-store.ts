/**
 * A store that counts what is asked of it, and the bytes that come.
 */
import type { GetOptions, ObjectInfo, ReadableStore, StoreCallOptions, StoredObject } from 'narkit/store';

/** One `get`. */
export interface CountedGet {
  readonly key: string;
  readonly range: GetOptions['range'];
  /** Bytes handed out so far. */
  bytes: number;
}

export class CountedStore implements ReadableStore {
  readonly name = 'counted:';
  readonly gets: CountedGet[] = [];
  readonly #store: ReadableStore;

  constructor(store: ReadableStore) {
    this.#store = store;
  }

  /** What was asked for since the last call. */
  take(): CountedGet[] {
    return this.gets.splice(0);
  }

  head(key: string, options?: StoreCallOptions): Promise<ObjectInfo | undefined> {
    return this.#store.head(key, options);
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    const get: CountedGet = { key, range: options.range, bytes: 0 };
    this.gets.push(get);
    const object = await this.#store.get(key, options);
    if (object === undefined) return undefined;
    const count = new TransformStream<Uint8Array, Uint8Array>(
      {
        transform(chunk, controller) {
          get.bytes += chunk.length;
          controller.enqueue(chunk);
        },
      },
      undefined,
      { highWaterMark: 0 },
    );
    return { ...object, body: object.body.pipeThrough(count) };
  }
}
