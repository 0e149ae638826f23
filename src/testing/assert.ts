/**
 * The few assertions of the conformance suite: it runs wherever a store does, so not on node:assert.
 *
 * @module
 */
import { collect } from '../bytes/stream.ts';
import { isNarkitError, type NarkitErrorCode } from '../errors.ts';
import type { GetOptions, ReadableStore, StoredObject, WritableStore } from '../store/store.ts';

/** One behaviour: throws where the store lacks it. */
export type StoreCase<S = WritableStore> = (store: S) => Promise<void>;

/** @throws Error with `message` unless `condition` holds. */
export function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** @throws Error unless both are the same value. */
export function same(actual: unknown, expected: unknown, what: string): void {
  check(Object.is(actual, expected), `${what}: expected ${String(expected)}, got ${String(actual)}`);
}

/** @throws Error naming the first difference. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  same(actual.length, expected.length, `${what}: length in bytes`);
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  check(at < 0, `${what}: byte ${at} differs`);
}

/** What `promise` rejects with. */
export async function rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await promise;
  } catch (err) {
    return err;
  }
  throw new Error(`${what}: expected an error, but it succeeded`);
}

/** Checks that `promise` rejects with that code. */
export async function rejectsWith(
  code: NarkitErrorCode,
  promise: Promise<unknown>,
  what: string,
): Promise<void> {
  const err = await rejection(promise, what);
  check(isNarkitError(err, code), `${what}: expected ${code}, got ${String(err)}`);
}

/** An object that must be there, and all its bytes. */
export async function read(
  store: ReadableStore,
  key: string,
  options?: GetOptions,
): Promise<StoredObject & { bytes: Uint8Array }> {
  const object = await store.get(key, options);
  check(object !== undefined, `get ${key}: the object is not there`);
  return { ...object, bytes: await collect(object.body) };
}

/** `length` bytes that no two places share for long, different for each `seed`. */
export function noise(length: number, seed = 1): Uint8Array {
  const out = new Uint8Array(length);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out[i] = state;
  }
  return out;
}

/** `bytes` in chunks of odd and ever changing sizes, some empty. */
export async function* oddChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const sizes = [1, 0, 7, 4096, 65_537, 333_333, 3];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    yield bytes.slice(at, at + size);
    at += size;
  }
}

/** Some bytes, then `error`. */
export async function* failing(error: unknown, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* oddChunks(bytes);
  throw error;
}
