/**
 * `HttpStore`: a binary cache behind HTTP. Reads any cache; writes to servers that take PUT.
 *
 * @module
 */
import type { ByteSource } from '../bytes/stream.ts';
import { UnsupportedError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import { HttpClient } from './http-client.ts';
import { getObject } from './http-get.ts';
import { contentLength, infoOf } from './http-info.ts';
import { type HttpStoreOptions, httpSettings } from './http-options.ts';
import { putObject, type ServerTraits } from './http-put.ts';
import { checkKey } from './key.ts';
import { PUT_OPTIONS } from './put-body.ts';
import type {
  GetOptions,
  ObjectInfo,
  PutOptions,
  PutResult,
  StoreCallOptions,
  StoredObject,
  UrlStore,
  WritableStore,
} from './store.ts';

/**
 * A store reached by HEAD, GET, PUT and DELETE.
 *
 * Transient failures are retried with backoff. A body that breaks off is taken up again where the
 * server can send ranges, and is an error otherwise; it is never silently short. `user:password`
 * in the URL becomes an `Authorization` field and appears in no message. Metadata has no place in
 * HTTP and is ignored. A retried `ifAbsent` may meet its own first try and say `present`.
 *
 * @example
 * ```ts
 * import { createHandler } from 'narkit/handler';
 * import { HttpStore, MemoryStore } from 'narkit/store';
 *
 * // Client and server have the same signature, so a handler can stand in for the network.
 * const handler = createHandler(new MemoryStore(), { write: true });
 * const store = new HttpStore('https://cache.example.org', { fetch: handler });
 * await store.put('log/x.drv', new TextEncoder().encode('built\n'));
 * console.log((await store.head('log/x.drv'))?.size); // 6
 * ```
 */
export class HttpStore implements WritableStore, UrlStore {
  /** The URL, without credentials. */
  readonly name: string;
  readonly #client: HttpClient;
  readonly #traits: ServerTraits = { conditional: true };

  /**
   * Asks the server nothing yet.
   *
   * @throws TypeError for a URL that is not http(s), or has a query or a fragment.
   */
  constructor(url: string | URL, options: HttpStoreOptions = {}) {
    this.#client = new HttpClient(httpSettings(url, options));
    this.name = this.#client.settings.base;
  }

  async head(key: string, options: StoreCallOptions = {}): Promise<ObjectInfo | undefined> {
    checkOptions('HttpStore.head', options, ['signal']);
    const { response, deadline } = await this.#client.send({
      operation: 'head',
      method: 'HEAD',
      key,
      signal: options.signal,
      accepted: this.#client.settings.missingStatuses,
    });
    deadline.end();
    response.body?.cancel().catch(() => {});
    return response.ok ? infoOf(key, response, contentLength(response)) : undefined;
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    checkOptions('HttpStore.get', options, ['signal', 'range']);
    return getObject(this.#client, key, options);
  }

  /**
   * As `get`, for a reference such as `nar/x.nar?hash=y`, `/nar/x.nar` or a URL of another server; that
   * one is not sent the header fields and credentials of this store.
   *
   * @throws UnsupportedError for a URL that is not http(s)
   */
  async getUrl(reference: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    checkOptions('HttpStore.getUrl', options, ['signal', 'range']);
    const url = URL.parse(reference, `${this.name}/`);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new UnsupportedError(`'${reference}' in '${this.name}' is no http(s) URL`, {
        feature: 'URL scheme',
      });
    }
    return getObject(this.#client, reference, options, url.href);
  }

  /**
   * Up to `bufferLimit` bytes are sent with their length and sent again after transient failures;
   * a `Uint8Array` is, whatever its size. A larger stream is sent once, with its length if `size`
   * says it and the runtime's `fetch` allows that (Node does, browsers do not).
   */
  async put(key: string, body: ByteSource, options: PutOptions = {}): Promise<PutResult> {
    checkOptions('HttpStore.put', options, PUT_OPTIONS);
    checkKey(key, 'put');
    options.signal?.throwIfAborted();
    return putObject(this.#client, this.#traits, key, body, options);
  }

  async delete(key: string, options: StoreCallOptions = {}): Promise<void> {
    checkOptions('HttpStore.delete', options, ['signal']);
    const { response, deadline } = await this.#client.send({
      operation: 'delete',
      method: 'DELETE',
      key,
      signal: options.signal,
      accepted: [404, 410],
    });
    deadline.end();
    response.body?.cancel().catch(() => {});
  }
}
