/**
 * The numbers of the service in the format of Prometheus: counters from its events, and the state of
 * the queues as it is on the disk when somebody asks.
 */
import type { SpoolStats } from 'narkit/node';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { BatchClock } from './batch-clock.ts';
import type { ServiceEvent } from './events.ts';

/** What is seen of a target when somebody asks. */
export interface TargetView {
  readonly name: string;
  /** `undefined` before anything was asked of it. */
  readonly up: boolean | undefined;
  /** `undefined` when it cannot be read. */
  readonly queue: SpoolStats | undefined;
}

const PREFIX = 'nix_upload_';
const STATES = ['queued', 'delayed', 'claimed', 'dead', 'corrupt', 'dropped'] as const;

export class Metrics {
  readonly #registry = new Registry();
  readonly #look: () => Promise<readonly TargetView[]>;
  readonly #batches = new BatchClock();
  readonly #known = new Set<string>();
  readonly #down = new Set<string>();

  readonly #entries: Gauge;
  readonly #oldest: Gauge;
  readonly #readable: Gauge;
  readonly #up: Gauge;
  readonly #paths: Counter;
  readonly #narBytes: Counter;
  readonly #fileBytes: Counter;
  readonly #skipped: Counter;
  readonly #done: Counter;
  readonly #failures: Counter;
  readonly #retries: Counter;
  readonly #dead: Counter;
  readonly #outages: Counter;
  readonly #requeued: Counter;
  readonly #reloads: Counter;
  readonly #troubles: Counter;
  readonly #duration: Histogram;

  /** @param look Looks at the targets; called for each scrape. */
  constructor(look: () => Promise<readonly TargetView[]>) {
    this.#look = look;
    collectDefaultMetrics({ register: this.#registry });
    this.#entries = this.#gauge('entries', 'Entries of the queue on disk, by state', ['state']);
    this.#oldest = this.#gauge(
      'oldest_entry_age_seconds',
      'For how long the oldest entry that could be taken waits; 0 when none does',
    );
    this.#readable = this.#gauge('queue_readable', '1 when the queue on disk can be read');
    this.#up = this.#gauge('target_up', '0 when the target did not answer last, 1 otherwise');
    this.#paths = this.#counter('paths_total', 'Paths of closures that were settled, by outcome', [
      'outcome',
    ]);
    this.#narBytes = this.#counter('nar_bytes_total', 'Bytes of the NARs that were uploaded, uncompressed');
    this.#fileBytes = this.#counter('file_bytes_total', 'Bytes that were uploaded, compressed');
    this.#skipped = this.#counter('skipped_total', 'Paths that the settings keep from the cache');
    this.#done = this.#counter('done_total', 'Entries that left the queue, with all they need in the cache');
    this.#failures = this.#counter(
      'failures_total',
      'Times that an entry failed alone, the last time included',
    );
    this.#retries = this.#counter('retries_total', 'Times that an entry failed and was queued again');
    this.#dead = this.#counter('dead_total', 'Entries that were given up');
    this.#outages = this.#counter('target_outages_total', 'Times that the target stopped answering');
    this.#requeued = this.#counter('requeued_total', 'Paths queued again that had a root but no entry');
    this.#reloads = this.#counter('reloads_total', 'Times that settings or keys were read anew', ['result']);
    this.#troubles = this.#counter(
      'troubles_total',
      'Failures of neither a path nor the target, such as of the disk',
    );
    this.#duration = new Histogram({
      name: `${PREFIX}batch_duration_seconds`,
      help: 'From taking entries to the last of them being settled',
      labelNames: ['target'],
      buckets: [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000],
      registers: [this.#registry],
    });
  }

  /** Counts what the service tells. */
  event(event: ServiceEvent): void {
    if (!('target' in event)) return;
    const { target } = event;
    const took = this.#batches.event(event, performance.now());
    if (took !== undefined) this.#duration.observe({ target }, took / 1000);
    switch (event.type) {
      case 'start':
        this.#begin(target);
        break;
      case 'published':
        this.#paths.inc({ target, outcome: event.outcome });
        // Of what was there already, or only signed anew, no NAR was sent.
        if (event.outcome !== 'uploaded') break;
        this.#narBytes.inc({ target }, event.narSize);
        this.#fileBytes.inc({ target }, event.fileSize ?? 0);
        break;
      case 'skipped':
        this.#skipped.inc({ target });
        break;
      case 'done':
        this.#done.inc({ target });
        break;
      case 'failed':
        this.#failures.inc({ target });
        this.#retries.inc({ target });
        break;
      case 'dead':
        this.#failures.inc({ target });
        this.#dead.inc({ target });
        break;
      case 'down':
        // Told again at each look that fails; an outage is one.
        if (!this.#down.has(target)) this.#outages.inc({ target });
        this.#down.add(target);
        break;
      case 'up':
        this.#down.delete(target);
        break;
      case 'requeued':
        this.#requeued.inc({ target }, event.count);
        break;
      case 'trouble':
        this.#troubles.inc({ target });
        break;
      case 'reload':
        this.#reloads.inc({ target, result: event.error === undefined ? 'ok' : 'error' });
        break;
    }
  }

  /** Everything at 0, for a counter that first appears at 1 has no increase to see. */
  #begin(target: string): void {
    if (this.#known.has(target)) return;
    this.#known.add(target);
    const counters = [
      this.#narBytes,
      this.#fileBytes,
      this.#skipped,
      this.#done,
      this.#failures,
      this.#retries,
    ];
    for (const counter of [...counters, this.#dead, this.#outages, this.#requeued, this.#troubles])
      counter.inc({ target }, 0);
    this.#paths.inc({ target, outcome: 'uploaded' }, 0);
    for (const result of ['ok', 'error']) this.#reloads.inc({ target, result }, 0);
    this.#duration.zero({ target });
  }

  /** All numbers as Prometheus reads them. */
  async text(): Promise<string> {
    const targets = await this.#look();
    // Of targets that the settings no longer have nothing remains.
    for (const gauge of [this.#entries, this.#oldest, this.#readable, this.#up]) gauge.reset();
    for (const { name: target, up, queue } of targets) {
      this.#up.set({ target }, up === false ? 0 : 1);
      this.#readable.set({ target }, queue === undefined ? 0 : 1);
      if (queue === undefined) continue;
      for (const state of STATES) this.#entries.set({ target, state }, queue[state]);
      const age = queue.oldest === undefined ? 0 : (Date.now() - queue.oldest.getTime()) / 1000;
      this.#oldest.set({ target }, Math.max(0, age));
    }
    return await this.#registry.metrics();
  }

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  #gauge(name: string, help: string, labels: readonly string[] = []): Gauge {
    return new Gauge(this.#settings(name, help, labels));
  }

  #counter(name: string, help: string, labels: readonly string[] = []): Counter {
    return new Counter(this.#settings(name, help, labels));
  }

  #settings(
    name: string,
    help: string,
    labels: readonly string[],
  ): { name: string; help: string; labelNames: string[]; registers: Registry[] } {
    return { name: `${PREFIX}${name}`, help, labelNames: ['target', ...labels], registers: [this.#registry] };
  }
}
