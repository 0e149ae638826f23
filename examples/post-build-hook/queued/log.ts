/**
 * The log of the service: one line for each event that somebody may want to read later.
 */
import { fstatSync } from 'node:fs';
import type { ServiceEvent, Tell } from './events.ts';
import { byteText, counted, durationText, plain, redact } from './text.ts';

export interface LogOptions {
  readonly format: 'text' | 'json';
  /** Gets whole lines. */
  readonly write: (line: string) => void;
  /** Put the priority in front of lines of text, as the journal takes it: see {@link isJournal}. */
  readonly priorities?: boolean;
}

/** Of syslog. */
type Priority = 3 | 4 | 6;

const LEVELS: Readonly<Record<Priority, string>> = { 3: 'error', 4: 'warning', 6: 'info' };

/** A log that is told of events. */
export function createLog({ format, write, priorities = false }: LogOptions): Tell {
  return (event) => {
    const said = describe(event);
    if (said === undefined) return;
    const [priority, text] = said;
    if (format === 'json') write(jsonLine(event, priority));
    else write(`${priorities ? `<${priority}>` : ''}${plain(redact(text))}\n`);
  };
}

/** All of the event, so that nobody has to parse sentences. */
function jsonLine(event: ServiceEvent, priority: Priority): string {
  const head = { time: new Date().toISOString(), level: LEVELS[priority] };
  const text = JSON.stringify({ ...head, ...event }, (_, value: unknown) =>
    typeof value === 'string' ? redact(value) : value,
  );
  // JSON escapes only the first 32: a terminal obeys some of these too, and readers may end a line at others.
  const line = text.replaceAll(
    /[\x7f-\x9f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${line}\n`;
}

/** What to say, and how loudly; `undefined` for what would drown the rest. */
function describe(event: ServiceEvent): readonly [Priority, string] | undefined {
  switch (event.type) {
    case 'start':
      return [6, `${event.target}: publishes to ${event.cache} (${event.why})`];
    case 'batch':
      return [6, `${event.target}: takes on ${counted(event.keys.length, 'path')}`];
    case 'progress':
      return undefined;
    case 'published':
      return published(event);
    case 'skipped':
      return [6, `${event.target}: skipped ${event.path}: ${event.reason}`];
    case 'note':
      return [4, `${event.target}: ${event.note}`];
    case 'done':
      return [6, `${event.target}: done ${event.key}${attempts(event.attempts)}`];
    case 'failed': {
      const again = `again at ${event.retryAt.toISOString()}`;
      return [4, `${event.target}: failed ${event.key}${attempts(event.attempts)}: ${event.error}; ${again}`];
    }
    case 'dead':
      return [3, `${event.target}: gave up ${event.key}: ${event.reason}`];
    case 'down':
      return [
        4,
        `${event.target}: does not answer: ${event.error}; asked again at ${event.retryAt.toISOString()}`,
      ];
    case 'up':
      return [6, `${event.target}: answers again, after ${durationText(event.downMs)}`];
    case 'requeued':
      return [
        4,
        `${event.target}: queued ${counted(event.count, 'path')} again that had a root but no entry`,
      ];
    case 'reload':
      return event.error === undefined
        ? [6, `${event.target}: new settings or keys are in use`]
        : [3, `${event.target}: the old settings and keys stay in use: ${event.error}`];
    case 'trouble':
      return [3, `${event.target}: ${event.error}`];
    case 'stopping':
      return [6, `stopping: ${event.reason}`];
    case 'stopped':
      return [6, 'stopped'];
  }
}

function published(event: ServiceEvent & { type: 'published' }): readonly [Priority, string] | undefined {
  const { target, path, outcome, narSize, fileSize } = event;
  // With each path comes its closure, of which nearly all is there: that is no news.
  if (outcome === 'present') return undefined;
  if (outcome === 'differs')
    return [4, `${target}: left alone ${path}: the cache has another build of it, not signed by your keys`];
  const size = fileSize === undefined ? '' : ` (${byteText(narSize)}, stored as ${byteText(fileSize)})`;
  return [6, `${target}: ${outcome} ${path}${size}`];
}

function attempts(count: number): string {
  return count > 1 ? ` at attempt ${count}` : '';
}

/**
 * Whether what is written to a file descriptor ends in the journal of systemd: JOURNAL_STREAM alone
 * does not say so, for children of a service inherit it, and write to elsewhere.
 */
export function isJournal(fd: number, environment: Readonly<Record<string, string | undefined>>): boolean {
  const stream = environment['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
