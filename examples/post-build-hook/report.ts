/**
 * What the hook says: short lines, which Nix shows as `post-build-hook: <line>`.
 */
import type { PublishEvent } from 'narkit/publish';
import { pathName } from 'narkit/store-path';
import type { Published } from './publisher.ts';

export class Report {
  readonly #line: (text: string) => void;
  readonly #started = performance.now();

  constructor(line: (text: string) => void) {
    this.#line = line;
  }

  event(event: PublishEvent): void {
    if (event.type === 'retry')
      this.#line(`retrying ${pathName(event.info.storePath)}: ${event.error.message}`);
    if (event.type !== 'done' || event.receipt.outcome === 'present') return;
    const { storePath, outcome, narSize, fileSize } = event.receipt;
    if (outcome === 'differs') {
      this.#line(`left alone ${storePath}: the cache has another build of it, not signed by your keys`);
      return;
    }
    const size = fileSize === undefined ? '' : ` (${megabytes(narSize)}, stored as ${megabytes(fileSize)})`;
    this.#line(`${outcome} ${storePath}${outcome === 'resigned' ? '' : size}`);
  }

  finish({ receipts, skipped, notes = [] }: Published, cache: string): void {
    for (const note of notes) this.#line(note);
    const present = receipts.filter((receipt) => ['present', 'differs'].includes(receipt.outcome)).length;
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    const left = skipped.length === 0 ? '' : `, ${skipped.length} left out`;
    this.#line(
      `${receipts.length - present} published to ${cache}, ${present} already there${left}, ${seconds} s`,
    );
  }
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${bytes} bytes` : `${(bytes / 1e6).toFixed(1)} MB`;
}
