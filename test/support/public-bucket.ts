/**
 * Buckets without credentials: the Nix of Debian has S3 since 2.33, but cannot sign requests.
 */
import { PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3';

/** Allows everybody to do this with a bucket and what is in it. */
export async function allowEverybody(
  client: S3Client,
  bucket: string,
  Action: string | readonly string[],
): Promise<void> {
  const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
  const Statement = [{ Effect: 'Allow', Principal: '*', Action, Resource }];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
}
