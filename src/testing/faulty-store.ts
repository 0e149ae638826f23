/**
 * A store that fails on demand, to see what becomes of its users.
 *
 * @module
 */
import { type ByteSource, toAsyncIterable, toReadableStream } from '../bytes/stream.ts';
import { StoreError } from '../errors.ts';
import type {
  GetOptions,
  ListableStore,
  ListOptions,
  ObjectInfo,
  PutOptions,
  PutResult,
  StoreCallOptions,
  StoredObject,
  WritableStore,
} from '../store/store.ts';

/** One fault, and which calls it befalls. */
export interface Fault {
  /** @default every operation */
  operation?: 'head' | 'get' | 'put' | 'delete' | 'list';
  /** Key, or what it must match; a list is matched by its prefix. @default every key */
  key?: string | RegExp;
  /** Calls let through first. @default 0 */
  after?: number;
  /** Calls befallen then. @default 1 */
  times?: number;
  /** Milliseconds that pass before the call, or before it fails. @default 0 */
  delayMs?: number;
  /**
   * What is thrown instead of the call; `'unavailable'` and `'denied'` stand for the `StoreError`s.
   * @default nothing is thrown
   */
  error?: 'unavailable' | 'denied' | Error;
  /** Throw `error` only after the call was done, as when the answer is lost. @default false */
  late?: boolean;
  /** Bodies end silently after so many bytes: those got, and those put. @default they do not */
  truncateAt?: number;
  /** Bodies throw after so many bytes: those got, and those put. @default they do not */
  failAt?: number;
}

/** A store around another one. */
export interface FaultyStore extends WritableStore, ListableStore {
  /** Every call so far, such as `put nar/x.nar`. */
  readonly calls: readonly string[];
}

/**
 * Wraps a store so that it fails as planned. Each call meets the first fault that applies to it
 * and still has `times` left.
 *
 * @example
 * ```ts
 * import { MemoryStore } from 'narkit/store';
 * import { faultyStore } from 'narkit/testing';
 *
 * const store = faultyStore(new MemoryStore(), [{ operation: 'head', error: 'unavailable' }]);
 * await store.head('k').catch((err) => console.log(err.code)); // ERR_STORE_UNAVAILABLE
 * console.log(await store.head('k')); // undefined
 * ```
 */
export function faultyStore(
  store: WritableStore & Partial<ListableStore>,
  plan: readonly Fault[],
): FaultyStore {
  const faults = plan.map((fault) => ({ ...fault, seen: 0 }));
  const calls: string[] = [];

  function meet(operation: NonNullable<Fault['operation']>, key: string): Fault | undefined {
    calls.push(`${operation} ${key}`);
    for (const fault of faults) {
      const { after = 0, times = 1 } = fault;
      if (fault.operation !== undefined && fault.operation !== operation) continue;
      if (typeof fault.key === 'string' ? fault.key !== key : fault.key?.test(key) === false) continue;
      if (fault.seen >= after + times) continue;
      fault.seen++;
      if (fault.seen > after) return fault;
    }
    return undefined;
  }

  async function perform<T>(
    operation: NonNullable<Fault['operation']>,
    key: string,
    act: (fault: Fault | undefined) => Promise<T>,
  ): Promise<T> {
    const fault = meet(operation, key);
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    const error = fault?.error === undefined ? undefined : toError(fault.error, operation, key);
    if (error !== undefined && !fault?.late) throw error;
    const result = await act(fault);
    if (error !== undefined) throw error;
    return result;
  }

  return {
    name: `faulty ${store.name}`,
    calls,
    head: (key: string, options?: StoreCallOptions): Promise<ObjectInfo | undefined> =>
      perform('head', key, () => store.head(key, options)),
    get: (key: string, options?: GetOptions): Promise<StoredObject | undefined> =>
      perform('get', key, async (fault) => {
        const object = await store.get(key, options);
        if (object === undefined || !hurtsBodies(fault)) return object;
        return { ...object, body: toReadableStream(hurt(object.body, fault, 'get', key)) };
      }),
    put: (key: string, body: ByteSource, options?: PutOptions): Promise<PutResult> =>
      perform('put', key, (fault) =>
        store.put(key, hurtsBodies(fault) ? hurt(body, fault, 'put', key) : body, options),
      ),
    delete: (key: string, options?: StoreCallOptions): Promise<void> =>
      perform('delete', key, () => store.delete(key, options)),
    async *list(prefix = '', options?: ListOptions): AsyncGenerator<ObjectInfo> {
      const found = await perform('list', prefix, async () => store.list?.(prefix, options));
      if (found === undefined) throw new TypeError(`${store.name} cannot be listed`);
      yield* found;
    },
  };
}

function hurtsBodies(fault: Fault | undefined): fault is Fault {
  return fault?.truncateAt !== undefined || fault?.failAt !== undefined;
}

async function* hurt(
  body: ByteSource,
  fault: Fault,
  operation: 'get' | 'put',
  key: string,
): AsyncGenerator<Uint8Array> {
  let left = fault.truncateAt ?? fault.failAt ?? 0;
  for await (const chunk of toAsyncIterable(body)) {
    if (chunk.length > left) {
      yield chunk.subarray(0, left);
      if (fault.truncateAt !== undefined) return;
      throw toError('unavailable', operation, key);
    }
    left -= chunk.length;
    yield chunk;
  }
}

function toError(
  error: NonNullable<Fault['error']>,
  operation: NonNullable<Fault['operation']>,
  key: string,
): Error {
  if (error instanceof Error) return error;
  const code = error === 'denied' ? 'ERR_STORE_DENIED' : 'ERR_STORE_UNAVAILABLE';
  return new StoreError(code, `${operation} ${key}: ${error}, as planned`, { operation, key });
}
