/**
 * Listings of a bucket: page after page, and the pages that answer mass queries.
 *
 * @module
 */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { compareAscii } from '../bytes/bytes.ts';
import { isNarkitError } from '../errors.ts';
import type { ObjectInfo } from '../store/store.ts';
import { type S3Call, s3Error } from './errors.ts';
import type { Page, Questions } from './existing.ts';
import { isKey, listedKey, objectInfo } from './object.ts';

/** Keys asked for one by one, side by side. */
const HEADS = 32;

/** A bucket, or what lies below a prefix of it. */
export interface Listed {
  readonly client: S3Client;
  readonly bucket: string;
  /** `''`, or with a slash at its end; keys are told without it. */
  readonly root: string;
  readonly signal: AbortSignal | undefined;
}

/** Every object whose key begins with `prefix`. */
export async function* listObjects(listed: Listed, prefix: string): AsyncGenerator<ObjectInfo> {
  let token: string | undefined;
  do {
    listed.signal?.throwIfAborted();
    const next = token === undefined ? {} : { ContinuationToken: token };
    const page = await request(listed, prefix, next);
    for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
      const key = keyOf(listed, Key, page.EncodingType);
      if (isKey(key)) yield objectInfo(key, { ContentLength: Size, ETag, LastModified });
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** What `existingKeys` may ask. */
export function questionsTo(
  listed: Listed,
  head: (key: string) => Promise<ObjectInfo | undefined>,
): Questions {
  const asking = { concurrency: HEADS, ...(listed.signal !== undefined && { signal: listed.signal }) };
  return {
    page: (directory, after) => listDirectory(listed, directory, after),
    each: async (keys) => {
      const infos = await pMap(keys, head, asking);
      return keys.filter((_, i) => infos[i] !== undefined);
    },
  };
}

/** The keys directly below `directory`, after `after`; an empty page where listing is not allowed. */
async function listDirectory(listed: Listed, directory: string, after: string): Promise<Page> {
  listed.signal?.throwIfAborted();
  try {
    // What lies deeper comes as one prefix: NARs do not fill the pages of narinfos.
    const page = await request(listed, directory, { Delimiter: '/', StartAfter: listed.root + after });
    const keys = (page.Contents ?? []).map(({ Key }) => keyOf(listed, Key, page.EncodingType));
    if (!page.IsTruncated) return { keys, end: undefined };
    const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix }) =>
      keyOf(listed, Prefix, page.EncodingType),
    );
    const last = [keys.at(-1) ?? after, prefixes.at(-1) ?? after].sort(compareAscii);
    return { keys, end: last.at(-1) };
  } catch (err) {
    if (isNarkitError(err, 'ERR_STORE_DENIED')) return { keys: [], end: after };
    throw err;
  }
}

async function request(
  { client, bucket, root, signal }: Listed,
  prefix: string,
  more: { ContinuationToken?: string; Delimiter?: string; StartAfter?: string },
) {
  // XML cannot hold all characters a key may have.
  const command = new ListObjectsV2Command({
    Bucket: bucket,
    Prefix: root + prefix,
    EncodingType: 'url',
    ...more,
  });
  const call: S3Call = { operation: 'list', bucket, signal };
  return await client
    .send(command, signal === undefined ? {} : { abortSignal: signal })
    .catch((err: unknown) => {
      throw s3Error(err, call);
    });
}

function keyOf({ root }: Listed, text: string | undefined, encoding: string | undefined): string {
  return listedKey(text ?? '', encoding === 'url').slice(root.length);
}
