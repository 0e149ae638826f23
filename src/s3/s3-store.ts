/**
 * A store in a bucket of S3, or of a server that speaks its protocol.
 *
 * @module
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type S3Client,
  type StorageClass,
} from '@aws-sdk/client-s3';
import type { ByteSource } from '../bytes/stream.ts';
import type { StoreError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import { checkKey } from '../store/key.ts';
import { PUT_OPTIONS } from '../store/put-body.ts';
import { beyondEnd, checkRange } from '../store/range.ts';
import type {
  GetOptions,
  ListableStore,
  ListOptions,
  MassQueryStore,
  ObjectInfo,
  PutOptions,
  PutResult,
  StoreCallOptions,
  StoredObject,
  WritableStore,
} from '../store/store.ts';
import { guardBody } from './body.ts';
import { DirectPut } from './direct-put.ts';
import { noSuchBucket, type S3Call, s3Error, s3Fault } from './errors.ts';
import { existingKeys } from './existing.ts';
import { type Listed, listObjects, questionsTo } from './list.ts';
import { answeredRange, objectInfo } from './object.ts';
import { BodyFailure } from './part-reader.ts';
import { MAX_PART_SIZE, MIN_PART_SIZE } from './part-size.ts';
import { putObject, type S3Put, type ServerTraits } from './put.ts';

/** Options of {@link S3Store}. */
export interface S3StoreOptions {
  /** Yours, or made by `createS3Client`; the store does not destroy it. */
  client: S3Client;
  bucket: string;
  /** Objects live below `prefix/`. @default none: at the root of the bucket, where Nix looks */
  prefix?: string;
  /**
   * Bytes of a part, 5 MiB to 5 GiB. A body that fits into one is sent by one request, a larger one in
   * parts; see `concurrency` for what it costs. @default 8 MiB
   */
  partSize?: number;
  /** Parts in flight per put; a put holds at most this many parts, and one more, in memory. @default 4 */
  concurrency?: number;
  /** Such as `STANDARD_IA`. @default the bucket's */
  storageClass?: string;
}

/** 8 MiB: ten thousand such parts are 80 GB, and four of them in flight fill a fast line. */
const DEFAULT_PART_SIZE = 8 * 1024 ** 2;

/**
 * A bucket as a store.
 *
 * `put` takes bodies of unknown length in bounded memory and leaves neither an object nor a pending upload
 * when it fails. `ifAbsent` is atomic where the server honours `If-None-Match` (Amazon, Ceph, MinIO, R2).
 * Where it answers 501 the store looks first and says `conditional: false`. A body of more than one part
 * is looked for before it is sent, too, because some servers (Ceph before 20) ignore the condition when an upload is
 * completed and do not say so: there, of two that upload at the same moment the last wins.
 *
 * @example
 * ```ts no-run
 * import { createS3Client, S3Store } from 'narkit/s3';
 *
 * const store = new S3Store({ client: createS3Client({ region: 'eu-central-1' }), bucket: 'nix-cache' });
 * const info = await store.get('nix-cache-info');
 * if (info !== undefined) console.log(await new Response(info.body).text());
 * ```
 */
export class S3Store implements WritableStore, ListableStore, MassQueryStore {
  readonly name: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #partSize: number;
  readonly #concurrency: number;
  readonly #storageClass: string | undefined;
  /** A HEAD answer has no body: 404 alone does not tell a missing key from a missing bucket. */
  #bucketSeen = false;
  readonly #server: ServerTraits = { conditionalWrites: true };
  readonly #direct: DirectPut | undefined;

  /** @throws RangeError for a part size or concurrency out of bounds */
  constructor(options: S3StoreOptions) {
    checkOptions('S3Store', options, [
      'client',
      'bucket',
      'prefix',
      'partSize',
      'concurrency',
      'storageClass',
    ]);
    const { client, bucket, prefix, partSize = DEFAULT_PART_SIZE, concurrency = 4, storageClass } = options;
    if (bucket === '') throw new RangeError('S3Store: bucket is empty');
    if (!(Number.isInteger(partSize) && partSize >= MIN_PART_SIZE && partSize <= MAX_PART_SIZE)) {
      throw new RangeError(
        `S3Store: partSize must be a whole number of bytes from 5 MiB to 5 GiB, not ${partSize}`,
      );
    }
    if (!(Number.isInteger(concurrency) && concurrency >= 1)) {
      throw new RangeError(`S3Store: concurrency must be a whole number from 1, not ${concurrency}`);
    }
    this.#client = client;
    this.#direct = DirectPut.for(client);
    this.#bucket = bucket;
    this.#prefix = prefix === undefined || prefix === '' ? '' : `${checkKey(prefix, 'open')}/`;
    this.#partSize = partSize;
    this.#concurrency = concurrency;
    this.#storageClass = storageClass;
    this.name = `s3://${bucket}${this.#prefix === '' ? '' : `/${prefix}`}`;
  }

  async head(key: string, options: StoreCallOptions = {}): Promise<ObjectInfo | undefined> {
    checkOptions('S3Store.head', options, ['signal']);
    const call = this.#call('head', key, options);
    try {
      const command = new HeadObjectCommand(this.#object(call));
      return objectInfo(key, await this.#client.send(command, abortSignal(call)));
    } catch (err) {
      return await this.#absent(err, call);
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    checkOptions('S3Store.get', options, ['signal', 'range']);
    const call = this.#call('get', key, options);
    const { range } = options;
    checkRange(range);
    try {
      const Range = range && `bytes=${range.start}-${range.end ?? ''}`;
      const command = new GetObjectCommand({ ...this.#object(call), ...(Range ? { Range } : {}) });
      const answer = await this.#client.send(command, abortSignal(call));
      const body = answer.Body?.transformToWebStream() ?? new Blob([]).stream();
      const subject = `${this.name}/${key}`;
      const toError = (err: unknown): unknown => s3Error(err, call);
      const guard = { length: answer.ContentLength, subject, key, signal: options.signal, toError };
      return { ...objectInfo(key, answer), ...answeredRange(answer), body: guardBody(body, guard) };
    } catch (err) {
      if (range !== undefined && s3Fault(err).status === 416) throw beyondEnd(key, range.start, undefined);
      return await this.#absent(err, call);
    }
  }

  async put(key: string, body: ByteSource, options: PutOptions = {}): Promise<PutResult> {
    checkOptions('S3Store.put', options, PUT_OPTIONS);
    const call = this.#call('put', key, options);
    const { contentType, cacheControl, metadata, size, ifAbsent = false } = options;
    const object: S3Put['object'] = {
      ...this.#object(call),
      ...(contentType !== undefined && { ContentType: contentType }),
      ...(cacheControl !== undefined && { CacheControl: cacheControl }),
      ...(metadata !== undefined && { Metadata: { ...metadata } }),
      ...(this.#storageClass !== undefined && { StorageClass: this.#storageClass as StorageClass }),
    };
    try {
      return await putObject({
        client: this.#client,
        object,
        key,
        body,
        size,
        partSize: this.#partSize,
        concurrency: this.#concurrency,
        ifAbsent,
        server: this.#server,
        head: () => this.head(key, options.signal ? { signal: options.signal } : {}),
        signal: options.signal,
        direct: this.#direct,
      });
    } catch (err) {
      throw err instanceof BodyFailure ? err.reason : s3Error(err, call);
    }
  }

  async delete(key: string, options: StoreCallOptions = {}): Promise<void> {
    checkOptions('S3Store.delete', options, ['signal']);
    const call = this.#call('delete', key, options);
    try {
      await this.#client.send(new DeleteObjectCommand(this.#object(call)), abortSignal(call));
    } catch (err) {
      await this.#absent(err, call);
    }
  }

  /** Keys that the contract does not allow, such as the `folder/` objects of some tools, are left out. */
  async *list(prefix = '', options: ListOptions = {}): AsyncGenerator<ObjectInfo> {
    checkOptions('S3Store.list', options, ['signal']);
    yield* listObjects(this.#listed(options.signal), prefix);
  }

  /** By pages of the bucket's listing, a thousand keys each, unless it holds too many others between them. */
  async existing(keys: Iterable<string>, options: StoreCallOptions = {}): Promise<Set<string>> {
    checkOptions('S3Store.existing', options, ['signal']);
    const head = (key: string): Promise<ObjectInfo | undefined> => this.head(key, options);
    const asked = Array.from(keys, (key) => checkKey(key, 'head'));
    return await existingKeys(asked, questionsTo(this.#listed(options.signal), head));
  }

  #listed(signal: AbortSignal | undefined): Listed {
    return { client: this.#client, bucket: this.#bucket, root: this.#prefix, signal };
  }

  #call(
    operation: StoreError['operation'],
    key: string,
    { signal }: StoreCallOptions,
  ): S3Call & { key: string } {
    const objectKey = this.#prefix + checkKey(key, operation);
    signal?.throwIfAborted();
    return { operation, bucket: this.#bucket, objectKey, key, signal };
  }

  #object(call: S3Call & { key: string }): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + call.key };
  }

  /** Returns where `err` means that there is no such object, throws otherwise. */
  async #absent(err: unknown, call: S3Call): Promise<undefined> {
    const { name, status } = s3Fault(err);
    if (call.signal?.aborted || status !== 404 || name === 'NoSuchBucket') throw s3Error(err, call);
    if (name === 'NoSuchKey' || this.#bucketSeen) return undefined;
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }), abortSignal(call));
    } catch (bucketErr) {
      const bucket = s3Fault(bucketErr);
      if (bucket.status === 404) throw noSuchBucket(this.#bucket, bucketErr);
      // Denied, or not known to the server: at least it is not missing.
      if (bucket.status === undefined || bucket.status >= 500) throw s3Error(bucketErr, call);
    }
    this.#bucketSeen = true;
    return undefined;
  }
}

function abortSignal(call: S3Call): { abortSignal?: AbortSignal } {
  return call.signal === undefined ? {} : { abortSignal: call.signal };
}
