/**
 * The text of an entry: lines of a word and a value, written once, up to `end`; after it, what has
 * happened since.
 *
 * @module
 */
import { nearest } from '../../options.ts';

/** What is queued. */
export interface SpoolEntry {
  /** What the entry is about, such as a store path: two entries never have the same. No control characters. */
  readonly key: string;
  /** Anything more, as JSON. */
  readonly data?: unknown;
  /** 0 to 9; 0 is claimed first. @default 5 */
  readonly priority?: number;
  /** Labels, such as the job that a path belongs to. No control characters. */
  readonly tags?: readonly string[];
  /** When it may be claimed first. @default at once */
  readonly at?: Date;
}

/** What was read: defaults filled in, and what has happened. */
export interface EntryText extends Required<Pick<SpoolEntry, 'key' | 'priority' | 'tags'>> {
  readonly data: unknown;
  /** What was said when it last failed or was given up. */
  readonly lastError: string | undefined;
}

/** Of a key, in characters. */
const MAX_KEY = 4096;
/** Of a reason in the history, in characters. */
const MAX_REASON = 1000;

/** No control characters, and nothing that UTF-8 cannot carry. */
function isLine(text: unknown, max: number): text is string {
  return (
    typeof text === 'string' &&
    text !== '' &&
    text.length <= max &&
    text.isWellFormed() &&
    !/\p{Cc}/u.test(text)
  );
}

/**
 * The text of a new entry.
 *
 * @throws TypeError for what cannot be an entry.
 */
export function printEntry(entry: SpoolEntry): string {
  const { key, data, priority = 5, tags = [] } = entry;
  if (!isLine(key, MAX_KEY)) {
    throw new TypeError(`Spool: a key has 1 to ${MAX_KEY} characters and no control characters`);
  }
  if (!Number.isInteger(priority) || priority < 0 || priority > 9) {
    throw new TypeError(`Spool: a priority is a whole number from 0 to 9, not ${String(priority)}`);
  }
  const lines = [`key ${key}`, `priority ${priority}`];
  for (const tag of new Set(tags)) lines.push(tagLine(tag));
  const json: string | undefined = data === undefined ? undefined : JSON.stringify(data);
  if (json !== undefined) lines.push(`data ${json}`);
  return `${lines.join('\n')}\nend\n`;
}

/** @throws TypeError for what cannot be a tag. */
export function tagLine(tag: string): string {
  if (!isLine(tag, 256))
    throw new TypeError('Spool: a tag has 1 to 256 characters and no control characters');
  return `tag ${tag}`;
}

/** A line of the history, such as `failed 2026-01-01T00:00:00.000Z connection refused`. */
export function eventLine(word: 'failed' | 'dead' | 'redriven', text: string): string {
  const reason = text
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_REASON)
    .toWellFormed();
  return `${word} ${new Date().toISOString()} ${reason}`;
}

/** Whether a text has its `end`: without, it may be still being written, or cut off. */
export function isComplete(text: string): boolean {
  return text.startsWith('end\n') || text.includes('\nend\n');
}

/**
 * Reads a text.
 *
 * @throws Error that says what is wrong with it, for `corrupt/`.
 */
export function parseEntry(text: string): EntryText {
  if (!isComplete(text)) throw new Error("there is no line 'end': it was cut off, or not written to its end");
  const lines = text.split('\n');
  const end = lines.indexOf('end');
  const once = new Map<string, string>();
  const tags = new Set<string>();
  for (const [index, line] of lines.slice(0, end).entries()) {
    const [, word = '', value = ''] = /^(\S*) ?(.*)$/su.exec(line) ?? [];
    const problem = lineProblem(word, value, once);
    if (problem !== undefined) throw new Error(`line ${index + 1}: ${problem}`);
    if (word === 'tag') tags.add(value);
    else once.set(word, value);
  }
  const key = once.get('key');
  if (key === undefined) throw new Error("there is no line 'key ...'");
  let lastError: string | undefined;
  // The last item is what follows the last newline: nothing, or a line that was cut off.
  for (const line of lines.slice(end + 1, -1)) {
    if (line.startsWith('tag ')) tags.add(line.slice(4));
    lastError = /^(?:failed|dead) \S+ (.*)$/su.exec(line)?.[1] ?? lastError;
  }
  const data = once.has('data') ? (JSON.parse(once.get('data') as string) as unknown) : undefined;
  return { key, data, priority: Number(once.get('priority') ?? 5), tags: [...tags], lastError };
}

const WORDS = ['key', 'priority', 'tag', 'data'];

function lineProblem(word: string, value: string, once: ReadonlyMap<string, string>): string | undefined {
  if (once.has(word)) return `a second '${word}'`;
  switch (word) {
    case 'key':
      return isLine(value, MAX_KEY) ? undefined : 'not a key';
    case 'priority':
      return /^[0-9]$/.test(value) ? undefined : 'a priority is a digit';
    case 'tag':
      return isLine(value, 256) ? undefined : 'not a tag';
    case 'data':
      return isJson(value) ? undefined : 'data that is not JSON';
  }
  const near = nearest(word, WORDS);
  return `unknown word${near === undefined ? '' : `, did you mean '${near}'?`}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
