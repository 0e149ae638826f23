/**
 * `HttpStore.put`: small bodies with their length and repeatable, large ones streamed once; and
 * `ifAbsent` on servers that know no conditions.
 *
 * @module
 */
import { concatBytes } from '../bytes/bytes.ts';
import { type ByteSource, toReadableStream } from '../bytes/stream.ts';
import { StoreError } from '../errors.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import type { HeaderFields } from './http-options.ts';
import { type BodyRules, discardBody, readBody } from './put-body.ts';
import type { PutOptions, PutResult } from './store.ts';

/** What the store remembers of its server. */
export interface ServerTraits {
  /** Cleared when the server answers 501 to a conditional put. */
  conditional: boolean;
}

/** Writes the object. */
export async function putObject(
  client: HttpClient,
  traits: ServerTraits,
  key: string,
  source: ByteSource,
  options: PutOptions,
): Promise<PutResult> {
  const { ifAbsent = false, signal, size } = options;
  const body = new PutBody(source, { key, size, signal });
  const put = (condition: HeaderFields, accepted: readonly number[]): Promise<Sent> =>
    send(client, { operation: 'put', method: 'PUT', key, signal, accepted }, body, {
      ...condition,
      'content-type': options.contentType ?? 'application/octet-stream',
      ...(options.cacheControl !== undefined && { 'cache-control': options.cacheControl }),
    });
  try {
    await body.buffer(client.settings.bufferLimit);
    if (!ifAbsent) return stored(await put({}, []));
    // A large body is not sent only to hear that it is there already.
    if (!traits.conditional || body.bytes === undefined) {
      const present = await isPresent(client, key, signal);
      if (present) return { outcome: 'present', ...(!traits.conditional && { conditional: false }) };
    }
    if (!traits.conditional) return { ...stored(await put({}, [])), conditional: false };
    const sent = await put({ 'if-none-match': '*' }, [412, 501]);
    if (sent.status === 412) return { outcome: 'present' };
    if (sent.status !== 501) return stored(sent);
    traits.conditional = false;
    if (body.bytes === undefined) throw unconditional(client, key);
    if (await isPresent(client, key, signal)) return { outcome: 'present', conditional: false };
    return { ...stored(await put({}, [])), conditional: false };
  } finally {
    body.discard();
  }
}

interface Sent {
  readonly status: number;
  readonly etag: string | null;
}

function stored({ etag }: Sent): PutResult {
  return { outcome: 'stored', ...(etag !== null && { etag }) };
}

async function isPresent(client: HttpClient, key: string, signal: AbortSignal | undefined): Promise<boolean> {
  const accepted = client.settings.missingStatuses;
  const { response, deadline } = await client.send({
    operation: 'put',
    method: 'HEAD',
    key,
    signal,
    accepted,
  });
  deadline.end();
  response.body?.cancel().catch(() => {});
  return response.ok;
}

async function send(
  client: HttpClient,
  request: HttpRequest,
  body: PutBody,
  headers: HeaderFields,
): Promise<Sent> {
  try {
    const { response, deadline } = await client.send({
      ...request,
      headers: { ...headers, ...body.headers },
      body: body.bytes ?? ((progress) => body.stream(progress)),
    });
    deadline.end();
    response.body?.cancel().catch(() => {});
    // An early 2xx to a body that then failed is a lie of the server.
    if (body.failure !== undefined) throw body.failure.error;
    return { status: response.status, etag: response.headers.get('etag') };
  } catch (err) {
    // To fetch a failing body is a broken connection; the caller wants his own error.
    throw body.failure !== undefined ? body.failure.error : err;
  }
}

function unconditional(client: HttpClient, key: string): StoreError {
  return new StoreError(
    'ERR_STORE_FAILED',
    `${client.settings.base}: ${key} was not stored: the server cannot put conditionally (501), which showed only ` +
      'after the streamed body was sent; the next put will ask with HEAD instead, so try again',
    { operation: 'put', key, status: 501, retryable: true },
  );
}

/** A body, in memory if it is small. */
class PutBody {
  /** The whole body; `undefined`: it is to be streamed. */
  bytes: Uint8Array | undefined;
  /** What the source threw. */
  failure: { readonly error: unknown } | undefined;
  readonly #source: ByteSource;
  readonly #rules: BodyRules;
  readonly #rest: AsyncGenerator<Uint8Array>;
  readonly #head: Uint8Array[] = [];

  constructor(source: ByteSource, rules: BodyRules) {
    const onFailure = (error: unknown): void => {
      this.failure = { error };
    };
    this.#source = source;
    this.#rules = rules;
    this.#rest = readBody(source, { ...rules, onFailure });
  }

  /** Of bytes, fetch knows the length itself. For streams, Node sends the field, browsers drop it. */
  get headers(): HeaderFields {
    const { size } = this.#rules;
    return this.bytes === undefined && size !== undefined ? { 'content-length': String(size) } : {};
  }

  /** Takes the body into memory, unless it turns out to have more than `limit` bytes. */
  async buffer(limit: number): Promise<void> {
    const most = this.#source instanceof Uint8Array ? Number.POSITIVE_INFINITY : limit;
    if ((this.#rules.size ?? 0) > most) return;
    let length = 0;
    for (let step = await this.#rest.next(); !step.done; step = await this.#rest.next()) {
      this.#head.push(step.value);
      length += step.value.length;
      if (length > most) return;
    }
    this.bytes = concatBytes(this.#head);
  }

  /** The body as a stream, once. */
  stream(progress: () => void): ReadableStream<Uint8Array> {
    return toReadableStream(this.#read(progress));
  }

  /** Lets go of what was not sent. */
  discard(): void {
    discardBody(this.#rest);
    // A generator that never ran has nothing to clean up, so the source would not hear of it.
    discardBody(this.#source);
  }

  async *#read(progress: () => void): AsyncGenerator<Uint8Array> {
    yield* this.#head;
    for await (const chunk of this.#rest) {
      progress();
      yield chunk;
    }
  }
}
