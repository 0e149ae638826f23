/**
 * Answers of S3 as objects of the store contract.
 *
 * @module
 */
import { checkKey } from '../store/key.ts';
import type { ObjectInfo, StoredObject } from '../store/store.ts';

/** What GetObject and HeadObject answer, as far as it is looked at. */
interface Answer {
  ContentLength?: number | undefined;
  ContentRange?: string | undefined;
  ETag?: string | undefined;
  LastModified?: Date | undefined;
  ContentType?: string | undefined;
  Metadata?: Record<string, string> | undefined;
}

/** Facts of an object; of one that was asked for in part, `size` is that of the whole. */
export function objectInfo(key: string, answer: Answer): ObjectInfo {
  return {
    key,
    size: wholeSize(answer),
    ...(answer.ETag ? { etag: answer.ETag } : {}),
    ...(answer.LastModified ? { lastModified: answer.LastModified } : {}),
    ...(answer.ContentType ? { contentType: answer.ContentType } : {}),
    ...(answer.Metadata && Object.keys(answer.Metadata).length > 0 ? { metadata: answer.Metadata } : {}),
  };
}

/** The range an answer holds: `bytes 10-19/100`. */
export function answeredRange(answer: Answer): Pick<StoredObject, 'range'> {
  const match = /^bytes (\d+)-(\d+)\//.exec(answer.ContentRange ?? '');
  return match ? { range: { start: Number(match[1]), end: Number(match[2]) } } : {};
}

function wholeSize(answer: Answer): number | undefined {
  if (answer.ContentRange === undefined) return answer.ContentLength;
  const match = /\/(\d+)$/.exec(answer.ContentRange);
  return match ? Number(match[1]) : undefined;
}

/** The key of a listing, where it may come percent-encoded, a space as `+` or `%20`. */
export function listedKey(text: string, encoded: boolean): string {
  return encoded ? decodeURIComponent(text.replaceAll('+', '%20')) : text;
}

/** Whether the contract has such keys. */
export function isKey(text: string): boolean {
  try {
    return checkKey(text, 'list') === text;
  } catch {
    return false;
  }
}
