import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SpoolStats } from 'narkit/node';
import { BatchClock } from '../../../examples/post-build-hook/queued/batch-clock.ts';
import type { ServiceEvent } from '../../../examples/post-build-hook/queued/events.ts';
import { Metrics, type TargetView } from '../../../examples/post-build-hook/queued/metrics.ts';
import { parseMetrics } from './prometheus.ts';

const AT = new Date();
const KEY = '/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a';
const NONE: SpoolStats = {
  queued: 0,
  delayed: 0,
  claimed: 0,
  dead: 0,
  corrupt: 0,
  dropped: 0,
  oldest: undefined,
};

async function after(events: readonly ServiceEvent[]): Promise<Map<string, number>> {
  const metrics = new Metrics(async () => [{ name: 'main', up: undefined, queue: NONE }]);
  for (const event of events) metrics.event(event);
  return parseMetrics(await metrics.text());
}

describe('the metrics of the service', () => {
  const start: ServiceEvent = { type: 'start', target: 'main', cache: 'c', why: 'w' };

  it('count what was told', async () => {
    const numbers = await after([
      start,
      { type: 'published', target: 'main', path: KEY, outcome: 'uploaded', narSize: 100, fileSize: 30 },
      { type: 'published', target: 'main', path: KEY, outcome: 'uploaded', narSize: 50, fileSize: undefined },
      { type: 'published', target: 'main', path: KEY, outcome: 'present', narSize: 1000, fileSize: 1000 },
      { type: 'skipped', target: 'main', path: KEY, reason: 'r' },
      { type: 'done', target: 'main', key: KEY, attempts: 1 },
      { type: 'failed', target: 'main', key: KEY, attempts: 1, error: 'e', retryAt: AT },
      { type: 'failed', target: 'main', key: KEY, attempts: 2, error: 'e', retryAt: AT },
      { type: 'dead', target: 'main', key: KEY, reason: 'e' },
      { type: 'down', target: 'main', error: 'e', retryAt: AT },
      { type: 'down', target: 'main', error: 'e', retryAt: AT },
      { type: 'up', target: 'main', downMs: 1 },
      { type: 'down', target: 'main', error: 'e', retryAt: AT },
      { type: 'requeued', target: 'main', count: 7 },
      { type: 'reload', target: 'main', error: 'e' },
      { type: 'trouble', target: 'main', error: 'e' },
      { type: 'stopping', reason: 'r' },
    ]);
    const of = (name: string, labels = ''): number | undefined =>
      numbers.get(`nix_upload_${name}{target="main"${labels}}`);
    assert.equal(of('paths_total', ',outcome="uploaded"'), 2);
    assert.equal(of('paths_total', ',outcome="present"'), 1);
    assert.equal(of('nar_bytes_total'), 150);
    assert.equal(of('file_bytes_total'), 30);
    assert.equal(of('skipped_total'), 1);
    assert.equal(of('done_total'), 1);
    assert.equal(of('failures_total'), 3);
    assert.equal(of('retries_total'), 2);
    assert.equal(of('dead_total'), 1);
    assert.equal(of('target_outages_total'), 2);
    assert.equal(of('requeued_total'), 7);
    assert.equal(of('reloads_total', ',result="error"'), 1);
    assert.equal(of('reloads_total', ',result="ok"'), 0);
    assert.equal(of('troubles_total'), 1);
    assert.ok((numbers.get('process_resident_memory_bytes') ?? 0) > 1e6);
  });

  it('are all there from the start, so that the first increase is seen', async () => {
    const numbers = await after([start]);
    for (const name of [
      'done_total',
      'failures_total',
      'dead_total',
      'nar_bytes_total',
      'target_outages_total',
    ])
      assert.equal(numbers.get(`nix_upload_${name}{target="main"}`), 0, name);
    assert.equal(numbers.get('nix_upload_batch_duration_seconds_count{target="main"}'), 0);
    assert.equal(numbers.get('nix_upload_target_up{target="main"}'), 1);
  });

  it('show the queues as they are now, and none that is gone', async () => {
    const stats = {
      ...NONE,
      queued: 3,
      delayed: 2,
      dead: 1,
      dropped: 4,
      oldest: new Date(Date.now() - 60_000),
    };
    const targets: TargetView[] = [
      { name: 'main', up: false, queue: stats },
      { name: 'broken', up: true, queue: undefined },
    ];
    const metrics = new Metrics(async () => targets);
    const before = parseMetrics(await metrics.text());
    assert.equal(before.get('nix_upload_entries{target="main",state="queued"}'), 3);
    assert.equal(before.get('nix_upload_entries{target="main",state="dropped"}'), 4);
    const age = before.get('nix_upload_oldest_entry_age_seconds{target="main"}') ?? 0;
    assert.ok(age >= 60 && age < 90, String(age));
    assert.equal(before.get('nix_upload_queue_readable{target="main"}'), 1);
    assert.equal(before.get('nix_upload_queue_readable{target="broken"}'), 0);
    assert.equal(before.get('nix_upload_target_up{target="main"}'), 0);
    assert.equal(before.get('nix_upload_target_up{target="broken"}'), 1);
    targets.shift();
    const later = parseMetrics(await metrics.text());
    assert.equal(later.get('nix_upload_entries{target="main",state="queued"}'), undefined);
    assert.equal(later.get('nix_upload_target_up{target="main"}'), undefined);
  });

  it('are of one service each', async () => {
    const done: ServiceEvent = { type: 'done', target: 'main', key: KEY, attempts: 1 };
    await after([start, done]);
    assert.equal((await after([start, done])).get('nix_upload_done_total{target="main"}'), 1);
  });

  it('escape what a label holds', async () => {
    const outcome = 'a"b\\c\nd';
    const numbers = await after([
      { type: 'published', target: 'main', path: KEY, outcome, narSize: 1, fileSize: 1 },
    ]);
    assert.equal(numbers.get('nix_upload_paths_total{target="main",outcome="a\\"b\\\\c\\nd"}'), 1);
  });
});

describe('the time of a batch', () => {
  const batch = (...keys: string[]): ServiceEvent => ({ type: 'batch', target: 'main', keys });
  const done = (key: string, target = 'main'): ServiceEvent => ({ type: 'done', target, key, attempts: 1 });

  it('ends with its last entry, however that ended', () => {
    const clock = new BatchClock();
    assert.equal(clock.event(batch('a', 'b', 'c'), 100), undefined);
    assert.equal(clock.event(done('a'), 110), undefined);
    assert.equal(clock.event(done('b', 'other'), 115), undefined);
    assert.equal(clock.event({ type: 'dead', target: 'main', key: 'b', reason: 'r' }, 120), undefined);
    const failed = {
      type: 'failed',
      target: 'main',
      key: 'c',
      attempts: 1,
      error: 'e',
      retryAt: AT,
    } as const;
    assert.equal(clock.event(failed, 150), 50);
    assert.equal(clock.event(failed, 160), undefined);
  });

  it('ends when the target goes down, or the next one begins', () => {
    const clock = new BatchClock();
    const down = { type: 'down', target: 'main', error: 'e', retryAt: AT } as const;
    assert.equal(clock.event(down, 0), undefined);
    clock.event(batch('a', 'b'), 0);
    assert.equal(clock.event(down, 30), 30);
    assert.equal(clock.event(done('a'), 40), undefined);
    clock.event(batch('a', 'b'), 50);
    clock.event(batch('c'), 60);
    assert.equal(clock.event(done('c'), 65), 5);
  });
});
