/**
 * A progress bar of bytes; on a terminal it moves, in a log it is one line.
 */
import cliProgress from 'cli-progress';

export class Bar {
  readonly #bar: cliProgress.SingleBar;
  #bytes = 0;

  constructor(name: string, total: number) {
    this.#bar = new cliProgress.SingleBar(
      {
        format: `${name.padEnd(10)} [{bar}] {percentage}% of {total} bytes`,
        noTTYOutput: true,
        notTTYSchedule: 60_000,
      },
      cliProgress.Presets.legacy,
    );
    this.#bar.start(total, 0);
  }

  set(bytes: number): void {
    this.#bytes = bytes;
    this.#bar.update(bytes);
  }

  /** Passes a stream on, counting it. */
  async *watch(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.set(this.#bytes + chunk.length);
      yield chunk;
    }
  }

  stop(): void {
    this.#bar.stop();
  }
}
