/** Single files out of a compressed NAR on a real server. */
import { S3Store } from '../../src/s3/s3-store.ts';
import { assertSeekable } from '../support/archive.ts';
import { s3 } from './setup.ts';

s3('one file costs the listing and two small ranges', async ({ client, bucket }) => {
  await assertSeekable(new S3Store({ client, bucket, prefix: 'archive' }));
});
