/**
 * Small puts past the SDK's middleware, which costs several times what sending them does.
 *
 * Where and how to send is not worked out here: it is read off a put that the SDK made, and that the server
 * took. Credentials, connections and time-outs stay those of the client. Whatever does not go well is
 * left to the SDK, as if it had not been tried.
 *
 * @module
 */
import type { PutObjectCommand, PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { OwnClient } from './client.ts';
import { RequestSigner } from './sign.ts';

/** Most bytes that are put like this: for more, the middleware does not matter. */
export const DIRECT: number = 256 * 1024;

/** A request as the SDK hands it to its handler. */
interface HttpRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  /** Percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the puts of one bucket have in common. */
interface Pattern {
  readonly origin: Pick<HttpRequest, 'protocol' | 'hostname' | 'port'>;
  /** What the path has before the key. */
  readonly prefix: string;
  readonly host: string;
  readonly userAgent: string | undefined;
  /** `undefined`: requests are not signed. */
  readonly signer: RequestSigner | undefined;
}

/** The small puts of one store. */
export class DirectPut {
  readonly #client: OwnClient;
  #pattern: Pattern | undefined;

  private constructor(client: OwnClient) {
    this.#client = client;
  }

  /** `undefined` for a client that is not of our making, or was changed since: its middleware may do anything. */
  static for(client: S3Client): DirectPut | undefined {
    return client instanceof OwnClient && client.unchanged ? new DirectPut(client) : undefined;
  }

  /** Learns from a command how puts are sent, should the server take it. */
  watch(command: PutObjectCommand): void {
    if (this.#pattern !== undefined) return;
    command.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        this.#pattern ??= readPattern(args.request as HttpRequest, encodeKey(command.input.Key as string));
        return answer;
      },
      // After everything else, the signature too.
      { name: 'narkitDirectPut', step: 'finalizeRequest', priority: 'low' },
    );
  }

  /**
   * Puts the object.
   *
   * @returns `undefined` when it is left to the SDK, for whatever reason.
   * @throws the signal's reason.
   */
  async put(
    { Key, ContentType, CacheControl, StorageClass, Metadata }: PutObjectCommandInput,
    bytes: Uint8Array,
    ifNoneMatch: boolean,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly etag: string | undefined } | undefined> {
    const pattern = this.#pattern;
    // Metadata may need an encoding.
    if (pattern === undefined || Metadata !== undefined || bytes.length > DIRECT) return undefined;
    const { config } = this.#client;
    const path = pattern.prefix + encodeKey(Key as string);
    let headers: Record<string, string> = {
      host: pattern.host,
      'content-length': String(bytes.length),
      ...(ContentType !== undefined && { 'content-type': ContentType }),
      ...(CacheControl !== undefined && { 'cache-control': CacheControl }),
      ...(StorageClass !== undefined && { 'x-amz-storage-class': StorageClass }),
      ...(ifNoneMatch && { 'if-none-match': '*' }),
    };
    try {
      if (pattern.signer !== undefined) {
        const now = Date.now() + config.systemClockOffset;
        const request = { method: 'PUT', path, headers, body: bytes };
        headers = pattern.signer.sign(request, await config.credentials(), now);
      }
      if (pattern.userAgent !== undefined) headers['user-agent'] = pattern.userAgent;
      const request = { ...pattern.origin, method: 'PUT', path, query: {}, headers, body: bytes };
      const options = signal === undefined ? {} : { abortSignal: signal };
      const { response } = await config.requestHandler.handle(request, options);
      // Read to its end, so that the connection can be used again.
      await config.streamCollector(response.body);
      return response.statusCode === 200 ? { etag: response.headers['etag'] } : undefined;
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  }
}

/** `undefined` for requests of another kind: to S3 Express, signed for several regions, or with a checksum. */
function readPattern(request: HttpRequest, key: string): Pattern | undefined {
  const { protocol, hostname, port, path, headers } = request;
  const { host, authorization } = headers;
  const plain = !Object.keys(headers).some((name) =>
    /^x-amz-(s3session|checksum|trailer|sdk-checksum)/i.test(name),
  );
  if (!plain || host === undefined || !path.endsWith(`/${key}`)) return undefined;
  const scope = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request,/.exec(
    authorization ?? '',
  );
  if (authorization !== undefined && scope === null) return undefined;
  const [, region = '', service = ''] = scope ?? [];
  return {
    origin: { protocol, hostname, ...(port !== undefined && { port }) },
    prefix: path.slice(0, -key.length),
    host,
    userAgent: headers['user-agent'],
    signer: scope === null ? undefined : new RequestSigner({ region, service }),
  };
}

/** As the SDK does: all but the unreserved characters of RFC 3986, and slashes. */
function encodeKey(key: string): string {
  if (/^[\w./~-]*$/.test(key)) return key;
  const rest = /[!'()*]/g;
  const encode = (segment: string): string =>
    encodeURIComponent(segment).replace(rest, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return key.split('/').map(encode).join('/');
}
