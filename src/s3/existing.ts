/**
 * Which of many keys a bucket has, by pages of its listing where those tell more than a question each.
 *
 * @module
 */
import { compareAscii } from '../bytes/bytes.ts';

/** Fewer keys are asked for one by one. */
const FEW = 64;
/** A page must settle so many keys: it takes as long as some questions do, side by side. */
const WORTH_A_PAGE = 24;
/** Walks through the listing side by side. */
const WALKS = 8;

/** One page of a listing: the keys in byte order, from the first after `after`. */
export interface Page {
  readonly keys: readonly string[];
  /** Everything up to here is in `keys`; `undefined`: the listing ends. */
  readonly end: string | undefined;
}

/** The questions that the bucket answers. */
export interface Questions {
  /** A page of the keys directly below `directory` (`''`, or with a slash at its end), after `after`. */
  page(directory: string, after: string): Promise<Page>;
  /** One by one. */
  each(keys: readonly string[]): Promise<readonly string[]>;
}

/**
 * Those of `keys` that are there. Keys are taken in their order, and a page is asked for from the next key
 * that is not settled; as soon as a page settles too few of them (the bucket holds many others between),
 * the rest is asked for one by one. So a listing of a bucket of millions costs a page or two.
 */
export async function existingKeys(keys: Iterable<string>, questions: Questions): Promise<Set<string>> {
  const directories = new Map<string, string[]>();
  for (const key of new Set(keys)) {
    const directory = key.slice(0, key.lastIndexOf('/') + 1);
    const members = directories.get(directory);
    if (members === undefined) directories.set(directory, [key]);
    else members.push(key);
  }
  const there = new Set<string>();
  for (const [directory, members] of directories) {
    for (const key of await within(directory, members.sort(compareAscii), questions)) there.add(key);
  }
  return there;
}

async function within(directory: string, keys: readonly string[], questions: Questions): Promise<string[]> {
  if (keys.length < FEW) return [...(await questions.each(keys))];
  // The first page tells how thick the keys are; many walks at once would all waste a page.
  const first = await walk(directory, keys, questions, 1);
  const found = [...first.found];
  let rest = first.rest;
  if (first.worthwhile && rest.length > 0) {
    const size = Math.ceil(rest.length / WALKS);
    const walks: Promise<Walk>[] = [];
    for (let at = 0; at < rest.length; at += size)
      walks.push(walk(directory, rest.slice(at, at + size), questions));
    const done = await Promise.all(walks);
    for (const part of done) found.push(...part.found);
    rest = done.flatMap((part) => part.rest);
  }
  if (rest.length > 0) found.push(...(await questions.each(rest)));
  return found;
}

/** How far a walk came. */
interface Walk {
  readonly found: readonly string[];
  /** Keys that no page has settled. */
  readonly rest: readonly string[];
  readonly worthwhile: boolean;
}

async function walk(
  directory: string,
  keys: readonly string[],
  questions: Questions,
  pages: number = Number.POSITIVE_INFINITY,
): Promise<Walk> {
  const found: string[] = [];
  let at = 0;
  let worthwhile = true;
  for (let page = 0; page < pages && worthwhile && at < keys.length; page++) {
    const next = keys[at] as string;
    // Just before the next key, for listings begin after what they are given.
    const { keys: listed, end } = await questions.page(directory, next.slice(0, -1));
    const names = new Set(listed);
    const from = at;
    while (at < keys.length && (end === undefined || compareAscii(keys[at] as string, end) <= 0)) {
      if (names.has(keys[at] as string)) found.push(keys[at] as string);
      at++;
    }
    worthwhile = at - from >= WORTH_A_PAGE || at === keys.length;
  }
  return { found, rest: keys.slice(at), worthwhile };
}
