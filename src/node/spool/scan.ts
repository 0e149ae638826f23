/**
 * The names in a directory, however many.
 *
 * @module
 */
import { opendir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { isGone } from './spool-error.ts';

/** Names in a batch. */
const BATCH = 2048;

/**
 * Every name once, in no order, in batches: never all are held, and none has a promise of its own.
 * What comes or goes meanwhile may be among them or not. Names are latin1, so that any bytes come
 * through. A directory that is not there has none.
 */
export async function* scan(directory: string): AsyncGenerator<string[]> {
  // The types know no other encoding; the runtime takes all.
  const options = { encoding: 'latin1' as 'utf8', bufferSize: BATCH };
  const open = await opendir(directory, options).catch((err: unknown) => {
    if (!isGone(err)) throw err;
  });
  if (open === undefined) return;
  try {
    for (;;) {
      const batch: string[] = [];
      while (batch.length < BATCH) {
        const member = open.readSync();
        if (member === null) break;
        batch.push(member.name);
      }
      yield batch;
      if (batch.length < BATCH) return;
      // Reading is synchronous: let others run.
      await setImmediate();
    }
  } finally {
    await open.close();
  }
}

/** The path of a name that {@link scan} showed. */
export function pathOf(directory: string, name: string): string | Buffer {
  const path = `${directory}/${name}`;
  // ASCII, as all our own are, is the same in both.
  return /^[\x20-\x7e]*$/.test(name) ? path : Buffer.from(path, 'latin1');
}
