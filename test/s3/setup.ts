/**
 * What the tests of S3 share: a server for the file, a bucket, and bodies. Importing it starts the
 * server before the file's tests and stops it after them.
 */
import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  ListMultipartUploadsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createS3Client } from '../../src/s3/client.ts';
import { S3Store } from '../../src/s3/s3-store.ts';
import { type Ceph, startCeph } from '../services/ceph.ts';
import { need } from '../support/require.ts';

/** What a test against the server is given. */
export interface Fixture {
  readonly server: Ceph;
  readonly client: S3Client;
  readonly bucket: string;
  /** The bucket as a store, with the smallest parts. */
  readonly store: S3Store;
}

export const MiB: number = 2 ** 20;
let fixture: Fixture | undefined;

before(async () => {
  const server = await startCeph();
  if (server === undefined) return;
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const client = createS3Client({ endpoint, credentials: { accessKeyId, secretAccessKey } });
  const bucket = `narkit-${process.pid}-${Date.now().toString(36)}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  fixture = { server, client, bucket, store: new S3Store({ client, bucket, partSize: 5 * MiB }) };
});
after(async () => {
  if (fixture === undefined) return;
  const { client, bucket, server } = fixture;
  if (!server.own) await removeBucket(client, bucket);
  client.destroy();
  await server.stop();
});

/** Empties and removes a bucket on a server that will go on. */
export async function removeBucket(client: S3Client, bucket: string): Promise<void> {
  const store = new S3Store({ client, bucket });
  const waiting = new Set<Promise<void>>();
  for await (const { key } of store.list()) {
    const removal = store.delete(key).then(() => void waiting.delete(removal));
    waiting.add(removal);
    if (waiting.size >= 16) await Promise.race(waiting);
  }
  await Promise.all(waiting);
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
}

/** A test against the server, skipped where there is none. */
export function s3(name: string, body: (fixture: Fixture, t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    const there = need(t, 's3', fixture !== undefined, 'an S3 server (NARKIT_S3_ENDPOINT, or Ceph in PATH)');
    if (there) await body(fixture as Fixture, t);
  });
}

/** Bytes that differ from place to place, in chunks of odd length from one buffer that is used again and again. */
export async function* generated(length: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(999_983);
  for (let at = 0; at < length; at += buffer.length) {
    const size = Math.min(buffer.length, length - at);
    for (let i = 0; i < size; i += 4) buffer[i] = ((at + i) * 2654435761) >>> 24;
    yield buffer.subarray(0, size);
  }
}

export async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

export async function pendingUploads({ client, bucket }: Fixture): Promise<number> {
  return (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads?.length ?? 0;
}

export async function assertNothingLeft(fixture: Fixture, key: string): Promise<void> {
  assert.equal(await fixture.store.head(key), undefined);
  assert.equal(await pendingUploads(fixture), 0);
}
