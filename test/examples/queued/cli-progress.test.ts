import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteStream } from 'node:tty';
import { Progress } from '../../../examples/post-build-hook/queued/progress.ts';

/** A terminal, as far as bars care. */
function terminal(isTTY: boolean): { stream: WriteStream; shown: () => string } {
  let text = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      text += String(chunk);
      done();
    },
  });
  return {
    stream: Object.assign(stream, { isTTY, columns: 100, rows: 24 }) as unknown as WriteStream,
    shown: () => text,
  };
}

it('progress is for terminals only', () => {
  assert.equal(Progress.on(terminal(false).stream), undefined);
});

it('progress has a bar for each target, lines above, and leaves when stopped', async () => {
  const { stream, shown } = terminal(true);
  const progress = Progress.on(stream);
  assert.ok(progress !== undefined);
  progress.line('before any bar\n');
  assert.equal(shown(), 'before any bar\n');
  progress.event({ type: 'batch', target: 'main', keys: ['a', 'b', 'c'] });
  progress.event({ type: 'progress', target: 'main', path: 'a', bytes: 2_500_000 });
  progress.event({ type: 'done', target: 'main', key: 'a', attempts: 1 });
  progress.event({ type: 'down', target: 'ot\u001bher', error: 'e', retryAt: new Date() });
  progress.line('in between\n');
  await sleep(400);
  assert.match(shown(), /main \[.*\] 1\/3 paths, 2\.5 MB read, publishing 3/);
  assert.match(shown(), /ot\\u\{1b\}her \[.*\] 0\/0 paths, 0 bytes read, does not answer/);
  assert.ok(shown().includes('in between\u001b[K\n'));
  progress.line('the last\n');
  progress.stop();
  assert.ok(shown().includes('the last\u001b[K\n'));
  const length = shown().length;
  await sleep(400);
  assert.equal(shown().length, length, 'nothing is drawn any more');
});
