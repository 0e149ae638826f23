/**
 * Putting one object: one request or many parts, with or without the condition that it is new.
 *
 * @module
 */
import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { sleep } from '../bytes/abortable.ts';
import type { ByteSource } from '../bytes/stream.ts';
import { StoreError } from '../errors.ts';
import { checkSize } from '../store/put-body.ts';
import type { ObjectInfo, PutResult } from '../store/store.ts';
import { DIRECT, type DirectPut } from './direct-put.ts';
import { s3Fault } from './errors.ts';
import { uploadMultipart } from './multipart.ts';
import { type Part, readParts } from './part-reader.ts';
import { partSizeAt } from './part-size.ts';

/** What a store learns of its server as it goes. */
export interface ServerTraits {
  conditionalWrites: boolean;
}

/** What {@link putObject} needs. */
export interface S3Put {
  client: S3Client;
  /** Bucket, key and headers. */
  object: PutObjectCommandInput & { Bucket: string; Key: string };
  /** The key as the caller wrote it. */
  key: string;
  body: ByteSource;
  size: number | undefined;
  partSize: number;
  concurrency: number;
  ifAbsent: boolean;
  /** Turns `false` when the server says that it has no conditional writes. */
  server: ServerTraits;
  /** The object that is there. */
  head(): Promise<ObjectInfo | undefined>;
  signal: AbortSignal | undefined;
  /** The quick way of small puts, where there is one. */
  direct: DirectPut | undefined;
}

/** How often a conditional write is tried while another one of the same key is under way (409). */
const CONFLICT_ATTEMPTS = 5;

/** What S3 calls that. */
const CONFLICTS = new Set(['ConditionalRequestConflict', 'OperationAborted']);

/** Puts; errors are the SDK's, the body's, or ours. */
export async function putObject(put: S3Put): Promise<PutResult> {
  const { body } = put;
  if (!(body instanceof Uint8Array) || body.length > DIRECT) return await putParts(put);
  checkSize(put.key, body.length, put.size);
  const send = (ifNoneMatch: boolean): Promise<string | undefined> =>
    putOnce(put, body, ifNoneMatch, put.signal);
  if (put.ifAbsent) return await sendIfAbsent(put, send, false, put.signal);
  return stored(await send(false));
}

/** Puts a body that may be large, and whose length may not be known. */
async function putParts(put: S3Put): Promise<PutResult> {
  const controller = new AbortController();
  const signal = put.signal ? AbortSignal.any([put.signal, controller.signal]) : controller.signal;
  const parts = readParts(put.body, {
    partSize: (number) => partSizeAt(number, put.partSize, put.size),
    key: put.key,
    size: put.size,
    signal,
  });
  try {
    // There is always a first part, if an empty one.
    const first: Part = (await parts.next()).value;
    const send = (ifNoneMatch: boolean): Promise<string | undefined> =>
      first.last
        ? putOnce(put, first.bytes, ifNoneMatch, signal)
        : uploadMultipart({ ...put, first, rest: parts, ifNoneMatch, signal, controller });
    if (put.ifAbsent) return await sendIfAbsent(put, send, !first.last, signal);
    return stored(await send(false));
  } finally {
    // Ends the reading of a body that was not wanted to its end.
    await parts.return(undefined);
  }
}

function stored(etag: string | undefined): PutResult {
  return { outcome: 'stored', ...(etag !== undefined && { etag }) };
}

async function putOnce(
  put: S3Put,
  bytes: Uint8Array,
  ifNoneMatch: boolean,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const done = await put.direct?.put(put.object, bytes, ifNoneMatch, signal);
  if (done !== undefined) return done.etag;
  const condition = ifNoneMatch ? { IfNoneMatch: '*' } : {};
  const command = new PutObjectCommand({ ...put.object, ...condition, Body: bytes });
  put.direct?.watch(command);
  return (await put.client.send(command, signal === undefined ? {} : { abortSignal: signal })).ETag;
}

async function sendIfAbsent(
  put: S3Put,
  send: (ifNoneMatch: boolean) => Promise<string | undefined>,
  inParts: boolean,
  signal: AbortSignal | undefined,
): Promise<PutResult> {
  const { server } = put;
  const result = (outcome: PutResult['outcome'], etag: string | undefined): PutResult => ({
    outcome,
    ...(etag !== undefined && { etag }),
    ...(!server.conditionalWrites && { conditional: false }),
  });
  for (let attempt = 1; ; attempt++) {
    // Parts are not sent for nothing, nor to a server that ignores the condition when they are put together.
    if (inParts || !server.conditionalWrites || attempt > 1) {
      const there = await put.head();
      if (there !== undefined) return result('present', there.etag);
    }
    const ifNoneMatch = server.conditionalWrites;
    try {
      return result('stored', await send(ifNoneMatch));
    } catch (err) {
      const { status, name } = s3Fault(err);
      if (!ifNoneMatch || put.signal?.aborted) throw err;
      if (status === 412) return result('present', (await put.head())?.etag);
      if (status === 501 && !inParts) {
        server.conditionalWrites = false;
      } else if (status === 409 && CONFLICTS.has(name)) {
        // Parts are gone with their upload, and the body was read: only the other writer can have won.
        const there = inParts ? await put.head() : undefined;
        if (there !== undefined) return result('present', there.etag);
        if (inParts || attempt === CONFLICT_ATTEMPTS) throw conflict(put, err);
        await sleep(50 * 2 ** attempt * Math.random(), signal);
      } else throw err;
    }
  }
}

function conflict(put: S3Put, cause: unknown): StoreError {
  const { Bucket, Key } = put.object;
  const text = `put s3://${Bucket}/${Key}: somebody else is writing the same key; try again later`;
  return new StoreError('ERR_STORE_UNAVAILABLE', text, {
    operation: 'put',
    key: put.key,
    status: 409,
    cause,
  });
}
