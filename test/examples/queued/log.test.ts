import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ServiceEvent } from '../../../examples/post-build-hook/queued/events.ts';
import { createLog, isJournal } from '../../../examples/post-build-hook/queued/log.ts';
import { durationText, plain, redact } from '../../../examples/post-build-hook/queued/text.ts';
import { tempDir } from '../../support/temp.ts';

const AT = new Date('2026-01-02T03:04:05Z');
const KEY = '/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a?b=c';

/** One of each type. */
const EVENTS: readonly ServiceEvent[] = [
  { type: 'start', target: 'main', cache: 's3://b', why: 'daemon: it answers' },
  { type: 'batch', target: 'main', keys: [KEY] },
  { type: 'progress', target: 'main', path: KEY, bytes: 5 },
  { type: 'published', target: 'main', path: KEY, outcome: 'uploaded', narSize: 2e6, fileSize: 5e5 },
  { type: 'published', target: 'main', path: KEY, outcome: 'present', narSize: 2e6, fileSize: 5e5 },
  { type: 'published', target: 'main', path: KEY, outcome: 'differs', narSize: 2e6, fileSize: undefined },
  { type: 'skipped', target: 'main', path: KEY, reason: 'too large' },
  { type: 'note', target: 'main', note: 'an upstream is down' },
  { type: 'done', target: 'main', key: KEY, attempts: 3 },
  { type: 'failed', target: 'main', key: KEY, attempts: 1, error: 'bad hash', retryAt: AT },
  { type: 'dead', target: 'main', key: KEY, reason: 'bad hash' },
  { type: 'down', target: 'main', error: 'refused', retryAt: AT },
  { type: 'up', target: 'main', downMs: 3_700_000 },
  { type: 'requeued', target: 'main', count: 1 },
  { type: 'reload', target: 'main', error: undefined },
  { type: 'reload', target: 'main', error: 'no such file' },
  { type: 'trouble', target: 'main', error: 'the disk is full' },
  { type: 'stopping', reason: 'SIGTERM' },
  { type: 'stopped' },
];

function log(format: 'text' | 'json', events: readonly ServiceEvent[], priorities = false): string[] {
  const lines: string[] = [];
  const tell = createLog({ format, write: (line) => lines.push(line), priorities });
  for (const event of events) tell(event);
  return lines;
}

describe('the log of the service', () => {
  it('is a line for each event that is news', () => {
    assert.deepEqual(log('text', EVENTS), [
      'main: publishes to s3://b (daemon: it answers)\n',
      'main: takes on 1 path\n',
      `main: uploaded ${KEY} (2.0 MB, stored as 0.5 MB)\n`,
      `main: left alone ${KEY}: the cache has another build of it, not signed by your keys\n`,
      `main: skipped ${KEY}: too large\n`,
      'main: an upstream is down\n',
      `main: done ${KEY} at attempt 3\n`,
      `main: failed ${KEY}: bad hash; again at 2026-01-02T03:04:05.000Z\n`,
      `main: gave up ${KEY}: bad hash\n`,
      'main: does not answer: refused; asked again at 2026-01-02T03:04:05.000Z\n',
      'main: answers again, after 1 h 1 min\n',
      'main: queued 1 path again that had a root but no entry\n',
      'main: new settings or keys are in use\n',
      'main: the old settings and keys stay in use: no such file\n',
      'main: the disk is full\n',
      'stopping: SIGTERM\n',
      'stopped\n',
    ]);
  });

  it('has the priorities of the journal where asked for', () => {
    const of = (type: string): string | undefined =>
      log(
        'text',
        EVENTS.filter((event) => event.type === type),
        true,
      )[0]?.slice(0, 3);
    assert.equal(of('done'), '<6>');
    assert.equal(of('failed'), '<4>');
    assert.equal(of('dead'), '<3>');
    assert.equal(of('trouble'), '<3>');
  });

  it('as JSON is one object a line, with all of the event', () => {
    const lines = log('json', EVENTS, true).map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(lines.length, EVENTS.length - 2);
    const failed = lines.find(({ type }) => type === 'failed');
    const { time, ...rest } = failed ?? {};
    assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      level: 'warning',
      type: 'failed',
      target: 'main',
      key: KEY,
      attempts: 1,
      error: 'bad hash',
      retryAt: AT.toISOString(),
    });
  });

  it('stays one harmless line whatever an error or a key holds', () => {
    const hostile = 'a\n<0>main: forged\r\u001b[2J\u009b2J\u2028\u202ex\0\ud800';
    const events: ServiceEvent[] = [
      { type: 'failed', target: 'main', key: hostile, attempts: 1, error: hostile, retryAt: AT },
      { type: 'dead', target: 'main', key: hostile, reason: hostile },
      { type: 'skipped', target: 'main', path: hostile, reason: hostile },
      { type: 'trouble', target: 'main', error: hostile },
    ];
    for (const format of ['text', 'json'] as const) {
      for (const line of log(format, events, true)) {
        assert.match(line, /^[^\n]*\n$/);
        assert.doesNotMatch(
          line.slice(0, -1),
          format === 'text' ? /[\p{Cc}\p{Cf}\u2028]/u : /[\p{Cc}\u2028]/u,
        );
      }
    }
    const [line = '{}'] = log('json', events.slice(0, 1));
    assert.equal((JSON.parse(line) as { error: string }).error, hostile);
  });

  it('has no password, whoever put it into a message', () => {
    const error =
      'PUT https://me:hunter2@x/y?X-Amz-Signature=hunter2&a=1 through http://hunter2@proxy: authorization: Bearer hunter2';
    const events: ServiceEvent[] = [{ type: 'down', target: 'main', error, retryAt: AT }];
    for (const format of ['text', 'json'] as const) {
      const [line = ''] = log(format, events);
      assert.doesNotMatch(line, /hunter2/);
      assert.match(line, /https:\/\/\*\*\*@x\/y/);
    }
    assert.equal(redact(`${KEY} at https://x/a@b`), `${KEY} at https://x/a@b`);
  });
});

it('a stream is that of the journal only where both are the same', async (t) => {
  const file = openSync(join(await tempDir(t), 'log'), 'w');
  t.after(() => closeSync(file));
  const { dev, ino } = fstatSync(file);
  assert.equal(isJournal(file, { JOURNAL_STREAM: `${dev}:${ino}` }), true);
  assert.equal(isJournal(file, { JOURNAL_STREAM: `${dev}:${ino + 1}` }), false);
  assert.equal(isJournal(file, {}), false);
  assert.equal(isJournal(9999, { JOURNAL_STREAM: '1:2' }), false);
});

it('durations have two parts at most', () => {
  const texts = [0, 400, 59_600, 61_000, 3_600_000, 3_661_000, 90_000_000].map(durationText);
  assert.deepEqual(texts, ['0 s', '0 s', '1 min', '1 min 1 s', '1 h', '1 h 1 min', '1 d 1 h']);
  assert.equal(plain('é\t漢\u0007'), 'é\\t漢\\u{7}');
});
