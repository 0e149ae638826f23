/**
 * An `S3Client` with settings that suit a binary cache and servers other than Amazon's.
 *
 * @module
 */
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { checkOptions } from '../options.ts';

/** Options of {@link createS3Client}. */
export interface CreateS3ClientOptions {
  /** Region of the bucket; servers other than Amazon's mostly do not care. @default 'us-east-1' */
  region?: string;
  /** Where the server is, such as `https://minio.example.com`. @default Amazon's, for the region */
  endpoint?: string;
  /** Profile of `~/.aws/config` and `~/.aws/credentials`. @default the SDK's chain: environment, default profile, ... */
  profile?: string;
  /** Access keys, or a function that fetches them; wins over `profile`. `'anonymous'`: requests are not signed. */
  credentials?: S3ClientConfig['credentials'] | 'anonymous';
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. @default true when `endpoint` is given */
  pathStyle?: boolean;
  /**
   * `'required'`: checksums only where S3 demands them, which every server understands. `'supported'`: the
   * SDK's own default, more of them; several servers refuse such requests. @default 'required'
   */
  checksums?: 'required' | 'supported';
  /** How often a request is tried in all, small puts once more; the waits grow, with jitter. @default 5 */
  attempts?: number;
  /** Milliseconds for a connection to come about. @default 15_000 */
  connectTimeoutMs?: number;
  /** Milliseconds in which no byte moves, after which a request or a body fails. @default 60_000 */
  idleTimeoutMs?: number;
}

/**
 * Makes the client for an {@link S3Store}. You may as well make it yourself: then mind `checksums`.
 *
 * @example
 * ```ts
 * import { createS3Client, S3Store } from 'narkit/s3';
 *
 * const client = createS3Client({ endpoint: 'https://s3.example.com', region: 'us-east-1' });
 * const store = new S3Store({ client, bucket: 'nix-cache' });
 * ```
 */
export function createS3Client(options: CreateS3ClientOptions = {}): S3Client {
  checkOptions('createS3Client', options, [
    'region',
    'endpoint',
    'profile',
    'credentials',
    'pathStyle',
    'checksums',
    'attempts',
    'connectTimeoutMs',
    'idleTimeoutMs',
  ]);
  const {
    region = 'us-east-1',
    endpoint,
    profile,
    credentials,
    checksums = 'required',
    attempts = 5,
  } = options;
  const { connectTimeoutMs = 15_000, idleTimeoutMs = 60_000 } = options;
  const when = checksums === 'required' ? 'WHEN_REQUIRED' : 'WHEN_SUPPORTED';
  const config: S3ClientConfig = {
    region,
    forcePathStyle: options.pathStyle ?? endpoint !== undefined,
    requestChecksumCalculation: when,
    responseChecksumValidation: when,
    maxAttempts: attempts,
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: idleTimeoutMs },
    // With the header the SDK opens a new connection for every part.
    expectContinueHeader: false,
  };
  if (endpoint !== undefined) config.endpoint = endpoint;
  if (profile !== undefined) config.profile = profile;
  if (credentials === 'anonymous') {
    config.credentials = { accessKeyId: '', secretAccessKey: '' };
    config.signer = { sign: async (request) => request };
  } else if (credentials !== undefined) config.credentials = credentials;
  return attempts > 1 && checksums === 'required' ? new OwnClient(config) : new S3Client(config);
}

/** A client of which everything is known, so that small puts may be sent past its middleware. */
export class OwnClient extends S3Client {
  readonly #middleware: string;

  constructor(config: S3ClientConfig) {
    super(config);
    this.#middleware = this.#identify();
  }

  /** Nobody has added middleware of their own. */
  get unchanged(): boolean {
    return this.#identify() === this.#middleware;
  }

  #identify(): string {
    return this.middlewareStack.identify().join();
  }
}
