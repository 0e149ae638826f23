/**
 * Buckets of the bench's S3 server.
 */
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { createS3Client } from 'narkit/s3';
import { allowEverybody } from '../test/support/public-bucket.ts';
import type { Bench } from './bench.ts';

export class S3Buckets {
  /** What programs need to use them. */
  readonly env: NodeJS.ProcessEnv;
  readonly #client: S3Client;
  readonly #endpoint: string;

  private constructor(client: S3Client, endpoint: string, env: NodeJS.ProcessEnv) {
    this.#client = client;
    this.#endpoint = endpoint;
    this.env = env;
  }

  /** `undefined` where no server is installed. */
  static async open(bench: Bench): Promise<S3Buckets | undefined> {
    const ceph = await bench.ceph();
    if (ceph === undefined) return undefined;
    const { endpoint, accessKeyId, secretAccessKey } = ceph;
    const credentials = { accessKeyId, secretAccessKey };
    const client = createS3Client({ endpoint, region: 'us-east-1', credentials });
    return new S3Buckets(client, endpoint, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
  }

  /** A new one, which is quicker than an emptied one; anybody may use it, as Nix here cannot sign. */
  async make(): Promise<string> {
    const bucket = `bench-${randomUUID()}`;
    await this.#client.send(new CreateBucketCommand({ Bucket: bucket }));
    await allowEverybody(this.#client, bucket, 's3:*');
    return bucket;
  }

  /** The store URL for narkit. */
  url(bucket: string, compression: string): string {
    const endpoint = encodeURIComponent(this.#endpoint);
    return `s3://${bucket}?region=us-east-1&endpoint=${endpoint}&compression=${compression}`;
  }

  /** The store URL for Nix. */
  nixUrl(bucket: string, compression: string): string {
    const { host } = new URL(this.#endpoint);
    return `s3://${bucket}?region=us-east-1&scheme=http&endpoint=${host}&compression=${compression}`;
  }
}
