/**
 * A binary cache as an HTTP handler over any store: `(Request) => Promise<Response>`, which Deno,
 * Bun and Workers serve as it is, and Node through an adapter.
 *
 * @module
 */
import { checkOptions } from '../options.ts';
import { checkKey } from '../store/key.ts';
import type { ReadableStore, WritableStore } from '../store/store.ts';
import { answerGet, answerHead } from './read.ts';
import { errorReply, notFound, objectHeaders, textReply } from './reply.ts';
import { answerDelete, answerPut } from './write.ts';

/** Options of {@link createHandler} that concern reading. */
export interface ReadHandlerOptions {
  /** Path below which the cache lies, such as `/cache`; all others are answered 404. @default '' */
  prefix?: string;
  /**
   * Text of `nix-cache-info` where the store has none; `false`: 404, so that whoever publishes writes one.
   * @default 'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 30\n'; with `write`: `false`
   */
  cacheInfo?: string | false;
  /** Told of every error behind a 4xx or 5xx answer: answers do not reveal them. @default nobody */
  onError?: (error: unknown, request: Request) => void;
}

/** Options of {@link createHandler}. */
export interface HandlerOptions extends ReadHandlerOptions {
  /**
   * Who may PUT and DELETE: everybody, or those for whom the function says so; others get 403. It
   * sees the method, so it can allow PUT alone. @default nobody, 405
   */
  write?: true | ((request: Request) => boolean | Promise<boolean>);
}

const DEFAULT_CACHE_INFO = 'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 30\n';

/**
 * Serves a store. The handler never throws: bad names are 400, failures of the store 502 or 503.
 *
 * @throws TypeError for unknown options, and for `write` with a store that cannot be written.
 *
 * @example
 * ```ts
 * import { createHandler } from 'narkit/handler';
 * import { MemoryStore } from 'narkit/store';
 *
 * const handler = createHandler(new MemoryStore());
 * const response = await handler(new Request('http://cache.example.org/nix-cache-info'));
 * console.log(await response.text()); // StoreDir: /nix/store ...
 * ```
 */
export function createHandler(
  store: ReadableStore,
  options?: ReadHandlerOptions,
): (request: Request) => Promise<Response>;
export function createHandler(
  store: WritableStore,
  options?: HandlerOptions,
): (request: Request) => Promise<Response>;
export function createHandler(
  store: ReadableStore,
  options: HandlerOptions = {},
): (request: Request) => Promise<Response> {
  checkOptions('createHandler', options, ['prefix', 'cacheInfo', 'onError', 'write']);
  const { onError, write } = options;
  const cacheInfo = options.cacheInfo ?? (write === undefined ? DEFAULT_CACHE_INFO : false);
  const root = `${(options.prefix ?? '').replace(/^\/*(?=.)/, '/').replace(/\/+$/, '')}/`;
  if (write !== undefined && !('put' in store))
    throw new TypeError('createHandler: the store cannot be written');
  const allow = `GET, HEAD${write === undefined ? '' : ', PUT, DELETE'}`;

  async function answer(request: Request): Promise<Response> {
    const { method } = request;
    const path = new URL(request.url).pathname;
    if (!path.startsWith(root) || path === root) return notFound();
    const isRead = method === 'GET' || method === 'HEAD';
    if (!isRead && (write === undefined || (method !== 'PUT' && method !== 'DELETE'))) {
      return textReply(405, `allowed: ${allow}`, { allow });
    }
    const key = decodePath(path.slice(root.length));
    if (key === undefined) return textReply(400, 'bad object name');
    checkKey(key, isRead ? 'get' : 'put');
    if (isRead) {
      const found = await (method === 'GET' ? answerGet : answerHead)(store, key, request);
      return found ?? fallback(key, method) ?? notFound();
    }
    if (write !== true && !(await write?.(request))) return textReply(403, 'not allowed to write');
    return (method === 'PUT' ? answerPut : answerDelete)(store as WritableStore, key, request);
  }

  function fallback(key: string, method: string): Response | undefined {
    if (key !== 'nix-cache-info' || cacheInfo === false) return undefined;
    const bytes = new TextEncoder().encode(cacheInfo);
    const headers = objectHeaders({ key, size: bytes.length });
    headers.delete('accept-ranges');
    return new Response(method === 'HEAD' ? null : bytes, { headers });
  }

  return async (request: Request): Promise<Response> => {
    let response: Response;
    try {
      response = await answer(request);
    } catch (err) {
      onError?.(err, request);
      response = errorReply(err);
    }
    // A refused body is let go of, or the connection would wait for someone to read it.
    if (response.status >= 400 && request.body !== null && !request.bodyUsed) {
      request.body.cancel().catch(() => {});
    }
    if (request.method !== 'HEAD' || response.body === null) return response;
    response.body.cancel().catch(() => {});
    return new Response(null, response);
  };
}

/** `undefined` where the percent-encoding is broken. */
function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
