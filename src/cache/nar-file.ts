/**
 * The object that holds a NAR, read in ranges. Private.
 *
 * @module
 */
import { collect } from '../bytes/stream.ts';
import { StoreError } from '../errors.ts';
import type { NarInfo } from '../narinfo/path-info.ts';
import type { ObjectInfo, StoredObject } from '../store/store.ts';
import type { BinaryCache } from './binary-cache.ts';
import { wrongSize } from './verified.ts';

/** A range of the object behind a narinfo: of the same object every time, or an error. */
export class NarFile {
  readonly info: NarInfo;
  readonly #cache: BinaryCache;
  #seen: ObjectInfo | undefined;

  constructor(cache: BinaryCache, info: NarInfo) {
    this.#cache = cache;
    this.info = info;
  }

  /**
   * Asks for `length` bytes from byte `start` on. Where `range` of the answer is absent, the server
   * knows no ranges, and what it sends is the whole object.
   *
   * @throws StoreError `ERR_STORE_FAILED` also where the object is another than before.
   */
  async get(start: number, length: number, signal: AbortSignal | undefined): Promise<StoredObject> {
    const range = { start, end: start + length - 1 };
    const object = await this.#cache.narObject(this.info, { range, ...(signal !== undefined && { signal }) });
    const seen = this.#seen ?? object;
    const problem =
      differs(seen.size, object.size) || differs(seen.etag, object.etag)
        ? 'the object was replaced meanwhile; open the archive again'
        : differs(start, object.range?.start)
          ? `byte ${start} was asked for, a range from byte ${object.range?.start} came`
          : undefined;
    if (problem === undefined) {
      const { body: _, ...info } = object;
      this.#seen = info;
      return object;
    }
    await object.body.cancel();
    throw new StoreError(
      'ERR_STORE_FAILED',
      `get '${this.info.url}' of '${this.#cache.store.name}': ${problem}`,
      {
        operation: 'get',
        key: this.info.url,
      },
    );
  }

  /** Bytes of the object: as the narinfo says, or else the server. `undefined`: neither does. */
  async size(signal: AbortSignal | undefined): Promise<number | undefined> {
    if (this.info.fileSize !== undefined) return this.info.fileSize;
    // Unlike `head`, there for objects that have no key, too.
    const { size, body } = await this.get(0, 1, signal);
    await body.cancel();
    return size;
  }

  /**
   * The last `length` bytes of the object, of `size` bytes; `undefined` where the server knows no ranges.
   *
   * @throws IntegrityError `ERR_SIZE_MISMATCH` where it has another size.
   */
  async tail(length: number, size: number, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    const object = await this.get(size - length, length, signal);
    const subject = `compressed NAR of ${this.info.storePath}`;
    if (object.range === undefined || differs(size, object.size)) {
      await object.body.cancel();
      if (object.range === undefined) return undefined;
      throw wrongSize(subject, size, String(object.size));
    }
    const bytes = await collect(object.body, { limit: length, subject });
    if (bytes.length < length) throw wrongSize(subject, size, `${length - bytes.length} fewer`);
    return bytes;
  }
}

/** Whether both are known, and not the same. */
function differs<T>(a: T | undefined, b: T | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}
