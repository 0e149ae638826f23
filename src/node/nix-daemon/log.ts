/**
 * The log channel: what a daemon says between a request and its result.
 *
 * @module
 */
import { stripVTControlCharacters } from 'node:util';
import { toDisplay } from '../../bytes/bytes.ts';
import { NixDaemonError } from '../../errors.ts';
import type { WireReader } from './wire-reader.ts';

/**
 * Something that happens in the daemon while it works on a request. Numbers of activities and results
 * are those of Nix's log protocol (`--log-format internal-json`): activity 105 is a build, 108 a
 * substitution, 100 the copy of a path; result 101 is a line of a build log, 105 progress.
 */
export type NixDaemonEvent =
  | { readonly type: 'message'; readonly text: string }
  | {
      readonly type: 'start';
      /** Joins what belongs together; above 2^53, hence a bigint. */
      readonly id: bigint;
      /** 0 error, 1 warning, 2 notice, 3 info, 4 talkative, 5 chatty, 6 debug, 7 vomit. */
      readonly level: number;
      readonly activity: number;
      readonly text: string;
      readonly fields: readonly (number | string)[];
      /** Of which it is a part; `0n`: of none. */
      readonly parent: bigint;
    }
  | { readonly type: 'stop'; readonly id: bigint }
  | {
      readonly type: 'result';
      readonly id: bigint;
      readonly result: number;
      readonly fields: readonly (number | string)[];
    };

/** What {@link readLog} needs to know of the connection and the request. */
export interface LogOptions {
  /** Minor number of the protocol. */
  readonly minor: number;
  readonly onLog?: ((event: NixDaemonEvent) => void) | undefined;
  /** Sends at most so many bytes of the request's body, where the daemon pulls it. */
  readonly pull?: ((most: number) => Promise<void>) | undefined;
}

const NEXT = 0x6f6c6d67;
const READ = 0x64617461;
const LAST = 0x616c7473;
const ERROR = 0x63787470;
const START_ACTIVITY = 0x53545254;
const STOP_ACTIVITY = 0x53544f50;
const RESULT = 0x52534c54;

/** Most bytes of a line, or of an error's text. */
const TEXT_LIMIT = 16 * 1024 * 1024;

/**
 * Reads the messages up to the one that ends them.
 *
 * @throws NixDaemonError `ERR_NIX_DAEMON` when it is an error; the connection is then in order.
 */
export async function readLog(input: WireReader, options: LogOptions): Promise<void> {
  // Without a listener too, the payloads must be read.
  const { minor, onLog = () => {}, pull } = options;
  const text = async (): Promise<string> => toDisplay(await input.binary('a text of the log', TEXT_LIMIT));
  const fields = (): Promise<(number | string)[]> =>
    input.list('fields of an activity', async () => {
      const isText = await input.bool('the kind of a field');
      return isText ? await text() : await input.uint64('a field');
    });
  for (;;) {
    const tag = await input.uint64('a message or the end of the log');
    switch (tag) {
      case LAST:
        return;
      case ERROR:
        throw await readError(input, minor, text);
      case NEXT:
        onLog({ type: 'message', text: await text() });
        break;
      case START_ACTIVITY:
        onLog({
          type: 'start',
          id: await input.bigint('an id'),
          level: await input.uint64('a level'),
          activity: await input.uint64('the type of an activity'),
          text: await text(),
          fields: await fields(),
          parent: await input.bigint('the id of a parent'),
        });
        break;
      case STOP_ACTIVITY:
        onLog({ type: 'stop', id: await input.bigint('an id') });
        break;
      case RESULT:
        onLog({
          type: 'result',
          id: await input.bigint('an id'),
          result: await input.uint64('the type of a result'),
          fields: await fields(),
        });
        break;
      case READ: {
        const most = await input.size('a wanted length');
        if (pull === undefined) throw input.bad('it asks for data that the request does not have');
        await pull(most);
        break;
      }
      default:
        throw input.bad(`0x${tag.toString(16)} is no kind of message`);
    }
  }
}

async function readError(
  input: WireReader,
  minor: number,
  text: () => Promise<string>,
): Promise<NixDaemonError> {
  const { operation } = input;
  const traces: string[] = [];
  let message: string;
  if (minor < 26) {
    // Printed as for a terminal, by the daemons of those times and for them.
    message = plain(await text()).replace(/^error: /, '');
    await input.uint64('a status');
  } else {
    await text(); // always 'Error'
    await input.uint64('a level');
    await text(); // a name, no longer used
    message = await text();
    await input.uint64('a position');
    const frames = await input.list('traces', async () => {
      await input.uint64('a position');
      return plain(await text());
    });
    traces.push(...frames);
  }
  return new NixDaemonError('ERR_NIX_DAEMON', `Nix daemon, ${operation}: ${plain(message)}`, {
    operation,
    traces,
  });
}

/** Without the colours meant for a terminal. */
function plain(text: string): string {
  return stripVTControlCharacters(text).trim();
}
