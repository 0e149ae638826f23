/**
 * Live progress for whoever runs the service in a terminal: a bar for each target.
 */
import type { WriteStream } from 'node:tty';
import { MultiBar, type SingleBar } from 'cli-progress';
import type { ServiceEvent } from './events.ts';
import { byteText, plain } from './text.ts';

interface Target {
  readonly bar: SingleBar;
  /** Claimed since the start, each once. */
  readonly claimed: Set<string>;
  settled: number;
  bytes: number;
}

/** Draws on a terminal, and on nothing else. */
export class Progress {
  readonly #stream: WriteStream;
  readonly #bars: MultiBar;
  readonly #targets = new Map<string, Target>();

  private constructor(stream: WriteStream) {
    this.#stream = stream;
    this.#bars = new MultiBar({
      stream,
      format: '{target} [{bar}] {value}/{total} paths, {sent} read, {state}',
      barsize: 24,
      fps: 4,
      clearOnComplete: true,
      emptyOnZero: true,
    });
  }

  /** @returns `undefined` when the stream is no terminal. */
  static on(stream: WriteStream): Progress | undefined {
    return stream.isTTY ? new Progress(stream) : undefined;
  }

  event(event: ServiceEvent): void {
    if (!('target' in event)) return;
    const target = this.#of(event.target);
    switch (event.type) {
      case 'batch':
        for (const key of event.keys) target.claimed.add(key);
        this.#show(target, `publishing ${event.keys.length}`);
        break;
      case 'progress':
        target.bytes += event.bytes;
        this.#show(target);
        break;
      case 'done':
      case 'dead':
      case 'failed':
        target.settled++;
        target.claimed.delete(event.key);
        this.#show(target, target.claimed.size === 0 ? 'waiting' : undefined);
        break;
      case 'down':
        target.claimed.clear();
        this.#show(target, 'does not answer');
        break;
      case 'up':
        this.#show(target, 'waiting');
        break;
    }
  }

  /** A line above the bars. */
  line(text: string): void {
    // Without a bar nothing redraws, and nothing is in the way.
    if (this.#targets.size === 0) this.#stream.write(text);
    // Where a bar was drawn that may be longer.
    else this.#bars.log(text.replace('\n', '\u001b[K\n'));
  }

  /** Takes the bars away. */
  stop(): void {
    if (this.#targets.size === 0) return;
    // What was said last is still to be drawn.
    this.#bars.update();
    this.#bars.stop();
    this.#targets.clear();
  }

  #of(name: string): Target {
    let target = this.#targets.get(name);
    if (target === undefined) {
      const bar = this.#bars.create(0, 0, { target: plain(name), sent: byteText(0), state: 'waiting' });
      target = { bar, claimed: new Set(), settled: 0, bytes: 0 };
      this.#targets.set(name, target);
    }
    return target;
  }

  #show({ bar, claimed, settled, bytes }: Target, state?: string): void {
    bar.setTotal(settled + claimed.size);
    bar.update(settled, { sent: byteText(bytes), ...(state === undefined ? {} : { state }) });
  }
}
