/**
 * The NAR hash of a tree on disk.
 *
 * @module
 */
import { closeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { HashAlgo } from '../hash/hash.ts';
import type { HashAndSize } from '../hash/hash-source.ts';
import { NarFrames, type RegularHead } from '../nar/frames.ts';
import { narLimits } from '../nar/limits.ts';
import { NarOutput } from '../nar/output.ts';
import { checkOptions } from '../options.ts';
import type { DumpOptions } from './dump.ts';
import { openRegular } from './file-reader.ts';
import { givenPath } from './fs-path.ts';
import { HashLane, type LaneFile } from './hash-lane.ts';
import { type FileSource, walk } from './walk.ts';

/** Options of {@link hashPath}. */
export interface HashPathOptions extends Pick<DumpOptions, 'filter' | 'caseHack'> {
  /** @default 'sha256' */
  algo?: HashAlgo;
  signal?: AbortSignal;
}

/** Bytes of frames that wait for the content that follows them. */
const FRAMES = 64 * 1024;
/** A read is split rather than put off where a slot has room for this much. */
const WORTH_READING = 64 * 1024;
/** How long the walk keeps the event loop to itself, in milliseconds. */
const TURN = 5;

/**
 * Hash and size of the NAR of the tree at `path`: what `nix hash path` prints, and our fastest way to it.
 *
 * Equal to `hashSource('sha256', writeNar(dumpPath(path)))`, with the same errors. A tree of more than a
 * few megabytes is hashed in a second thread while this one walks; it ends with the call. The event loop
 * gets its turn every few milliseconds.
 *
 * @throws NarError as `dumpPath` does; the signal's reason when it aborts.
 *
 * @example
 * ```ts
 * import { writeFileSync } from 'node:fs';
 * import { printHash } from 'narkit/hash';
 * import { hashPath } from 'narkit/node';
 *
 * writeFileSync('hello.txt', 'hello\n');
 * const { hash, size } = await hashPath('hello.txt');
 * console.log(size, printHash(hash, 'sri'));
 * ```
 */
export async function hashPath(
  path: string | Uint8Array,
  options: HashPathOptions = {},
): Promise<HashAndSize> {
  checkOptions('hashPath', options, ['filter', 'caseHack', 'algo', 'signal']);
  const root = givenPath('hashPath', path);
  const { algo = 'sha256', signal } = options;
  signal?.throwIfAborted();
  const out = new NarOutput(FRAMES, true);
  const frames = new NarFrames(out, narLimits('hashPath', undefined));
  const lane = new HashLane(algo);
  let turn = performance.now();

  /** A slot with room; between slots is where others get their turn. */
  const next = async (): Promise<void> => {
    await lane.next();
    if (performance.now() - turn < TURN) return;
    await setImmediate();
    signal?.throwIfAborted();
    lane.check();
    turn = performance.now();
  };

  try {
    for (const entry of walk(root, options, new OpenFiles())) {
      frames.open(entry);
      if (entry.type === 'regular') out.end();
      for (const chunk of out.take()) {
        if (lane.room < chunk.length) await next();
        lane.copy(chunk);
      }
      if (entry.type !== 'regular') continue;
      frames.closeRegular(entry.size);
      if (lane.handOver(entry.file)) {
        entry.file.handedOver = true;
        continue;
      }
      let left = entry.size;
      do {
        if (lane.room <= Math.min(left, WORTH_READING)) await next();
        const length = Math.min(left, lane.room - 1);
        left -= length;
        lane.read(entry.file, length, left === 0);
      } while (left > 0);
    }
    frames.finish();
    for (const chunk of out.take()) {
      if (lane.room < chunk.length) await next();
      lane.copy(chunk);
    }
    const digest = await lane.finish();
    signal?.throwIfAborted();
    return { hash: { algo, digest }, size: lane.size };
  } finally {
    await lane.close();
  }
}

/** A file whose content is read later. */
interface OpenedEntry extends RegularHead {
  readonly file: LaneFile & { handedOver: boolean };
}

/** Opens files for the walk; closes them but those that were handed over. */
class OpenFiles implements FileSource<OpenedEntry> {
  #last: OpenedEntry | undefined;

  entry(disk: string, path: string): OpenedEntry {
    const { fd, size, executable } = openRegular(disk);
    this.#last = { type: 'regular', path, size, executable, file: { fd, size, disk, handedOver: false } };
    return this.#last;
  }

  close(): void {
    const last = this.#last;
    this.#last = undefined;
    if (last?.file.handedOver === false) closeSync(last.file.fd);
  }
}
