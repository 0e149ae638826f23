/**
 * Reading the text objects of a cache.
 *
 * @module
 */
import { fromUtf8 } from '../bytes/bytes.ts';
import { collect } from '../bytes/stream.ts';
import type { NarkitErrorCode } from '../errors.ts';
import { ParseError } from '../errors.ts';
import type { ReadableStore, StoreCallOptions } from '../store/store.ts';

/** Most bytes of a text object: a narinfo with ten thousand references has 0.5 MB. */
const TEXT_LIMIT = 16 * 1024 * 1024;

/**
 * The text of an object; `undefined` where there is none.
 *
 * @throws ParseError with `code` for bytes that are not UTF-8
 */
export async function readText(
  store: ReadableStore,
  key: string,
  code: NarkitErrorCode,
  options: StoreCallOptions,
  limit: number = TEXT_LIMIT,
): Promise<string | undefined> {
  const object = await store.get(key, options);
  if (object === undefined) return undefined;
  const text = fromUtf8(await collect(object.body, { limit, subject: `'${key}' of '${store.name}'` }));
  if (text === undefined) throw new ParseError(code, `'${key}' of '${store.name}' is not UTF-8`);
  return text;
}
