/**
 * One multipart upload: parts in parallel, all or nothing.
 *
 * @module
 */
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { StoreError } from '../errors.ts';
import { s3Fault } from './errors.ts';
import type { Part } from './part-reader.ts';
import { MAX_PARTS } from './part-size.ts';
import { withGrace } from './with-grace.ts';

/** What an upload needs. */
export interface MultipartUpload {
  client: S3Client;
  /** Bucket, key and headers of the object. */
  object: CreateMultipartUploadCommandInput & { Bucket: string; Key: string };
  /** The key as the caller wrote it, for errors. */
  key: string;
  /** The first part, already read. */
  first: Part;
  /** The parts after it. */
  rest: AsyncIterator<Part>;
  /** Most parts in flight. */
  concurrency: number;
  /** Complete with `If-None-Match: *`. */
  ifNoneMatch: boolean;
  /** Told when the server has no such condition; the upload is then completed without. */
  server: { conditionalWrites: boolean };
  /** Aborts all that runs, the reading of `rest` included: the caller's, or `controller`. */
  signal: AbortSignal;
  controller: AbortController;
}

/** How long short requests may go on after the caller aborted, so that nothing is left behind. */
const GRACE_MS = 10_000;

/**
 * Uploads and completes; whatever fails, the upload is removed before the error is thrown. (Only when
 * the server does not answer that either is one left; buckets have a lifecycle rule for those,
 * `AbortIncompleteMultipartUpload`.)
 *
 * @returns the entity tag, where the server tells it
 */
export async function uploadMultipart(upload: MultipartUpload): Promise<string | undefined> {
  const { client, object, controller, signal } = upload;
  // Not aborted with the rest: an upload whose id we never learn could not be removed.
  const { UploadId } = await withGrace(signal, GRACE_MS, (late) =>
    client.send(new CreateMultipartUploadCommand(object), { abortSignal: late }),
  );
  const target = { Bucket: object.Bucket, Key: object.Key, UploadId };
  const inFlight = new Set<Promise<void>>();
  try {
    const parts = await sendParts(upload, target, inFlight);
    return await complete(upload, target, parts);
  } catch (err) {
    // When a part failed, `err` is but the echo of it.
    const failure: unknown = controller.signal.aborted ? controller.signal.reason : err;
    controller.abort(err);
    // A part that arrives after the removal would stay, so first wait for all of them.
    await Promise.all(inFlight);
    await withGrace(signal, GRACE_MS, (late) =>
      client.send(new AbortMultipartUploadCommand(target), { abortSignal: late }),
    ).catch(() => undefined);
    throw failure;
  }
}

type Target = { Bucket: string; Key: string; UploadId: string | undefined };

async function sendParts(
  upload: MultipartUpload,
  target: Target,
  inFlight: Set<Promise<void>>,
): Promise<CompletedPart[]> {
  const { client, controller, concurrency, rest, signal } = upload;
  const done: CompletedPart[] = [];

  const send = async (part: Part): Promise<void> => {
    try {
      const command = new UploadPartCommand({ ...target, PartNumber: part.number, Body: part.bytes });
      const { ETag } = await client.send(command, { abortSignal: signal });
      done[part.number - 1] = { PartNumber: part.number, ETag };
      part.release();
    } catch (err) {
      // Ends the reading of the body too; the first failure is the reason.
      controller.abort(err);
    }
  };

  let part: Part | undefined = upload.first;
  while (part !== undefined) {
    signal.throwIfAborted();
    if (part.number > MAX_PARTS) {
      throw new StoreError(
        'ERR_STORE_FAILED',
        `put ${target.Key}: the body is larger than ${MAX_PARTS} parts hold`,
        {
          operation: 'put',
          key: upload.key,
        },
      );
    }
    const sent: Promise<void> = send(part).then(() => void inFlight.delete(sent));
    inFlight.add(sent);
    // Before the next part is read: what is read and what is sent share the memory.
    if (inFlight.size >= concurrency) await Promise.race(inFlight);
    const step: IteratorResult<Part, unknown> = await rest.next();
    part = step.done ? undefined : step.value;
  }
  await Promise.all(inFlight);
  signal.throwIfAborted();
  return done;
}

async function complete(
  upload: MultipartUpload,
  target: Target,
  Parts: CompletedPart[],
): Promise<string | undefined> {
  const { client, signal, server } = upload;
  const send = async (condition: { IfNoneMatch?: string }): Promise<string | undefined> => {
    const command = new CompleteMultipartUploadCommand({
      ...target,
      MultipartUpload: { Parts },
      ...condition,
    });
    // Not cut short by the caller's signal: whether the object exists is decided here.
    const answer = await withGrace(signal, GRACE_MS, (late) => client.send(command, { abortSignal: late }));
    // Ceph before 20 answers an empty tag.
    return answer.ETag === '' ? undefined : answer.ETag;
  };
  try {
    return await send(upload.ifNoneMatch ? { IfNoneMatch: '*' } : {});
  } catch (err) {
    const { name, status } = s3Fault(err);
    if (status === 501 && upload.ifNoneMatch) {
      server.conditionalWrites = false;
      return await send({});
    }
    if (name !== 'NoSuchUpload') throw err;
    const text = `put s3://${target.Bucket}/${target.Key}: the upload is gone; the bucket's rules removed it, or it had succeeded and the answer was lost`;
    throw new StoreError('ERR_STORE_UNAVAILABLE', text, {
      operation: 'put',
      key: upload.key,
      status: 404,
      cause: err,
    });
  }
}
