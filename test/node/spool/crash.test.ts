import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { child, keysOf, names, openSpool, spoolDir } from './support.ts';

/** Two processes are killed in each. `NARKIT_SOAK=1` takes 300 moments. */
const ROUNDS = env['NARKIT_SOAK'] ? 150 : 6;

test('kill -9 at any moment loses nothing, and nothing comes again after its ack', async (t) => {
  const directory = await spoolDir(t);
  const [queued, acked] = [new Set<string>(), new Set<string>()];
  /** What a killed consumer was acking: that may be done, without the time to tell. */
  const unsettled = new Set<string>();
  const note = (lines: readonly string[]): void => {
    for (const line of lines) {
      const [what, key = ''] = line.split(' ');
      if (what === 'queued') queued.add(key);
      if (what === 'claimed') assert.ok(!acked.has(key), `${key} came again after its ack`);
      if (what === 'acked') acked.add(key);
    }
    const [what, key = ''] = lines.at(-1)?.split(' ') ?? [];
    if (what === 'acking') unsettled.add(key);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const workers = [child('enqueue', directory, String(round * 100_000)), child('consume', directory)];
    await Promise.all(
      workers.map(async ({ run }, index) => {
        // From the first line on, at another moment each time.
        await Promise.race([new Promise((resolve) => run.stdout.once('data', resolve)), setTimeout(3000)]);
        await setTimeout(Math.random() * 60 + index * 20);
        run.kill('SIGKILL');
      }),
    );
    for (const { ended } of workers) note((await ended).lines);
  }
  const rest = child('drain', directory);
  note((await rest.ended).lines);
  assert.ok(queued.size > 20 && acked.size > 20, `${queued.size} queued`);
  // What was queued without the time to tell may come too.
  assert.deepEqual(
    [...queued].filter((key) => !acked.has(key) && !unsettled.has(key)),
    [],
  );
  for (const sub of ['queue', 'delayed', 'claims', 'keys', 'tmp', 'corrupt']) {
    assert.deepEqual(await names(directory, sub), [], sub);
  }
  const spool = await openSpool(t, directory, { maxEntries: 1 });
  await spool.recover();
  assert.equal(await spool.enqueue({ key: 'after' }), 'queued', 'the count was put right');
});

test('several processes take each entry once', async (t) => {
  const spool = await openSpool(t);
  for (let i = 0; i < 300; i += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, k) => spool.enqueue({ key: `k${i + k}` })));
  }
  const workers = Array.from({ length: 3 }, () => child('drain', spool.directory));
  const lines = (await Promise.all(workers.map(({ ended }) => ended))).flatMap(({ code, lines }) => {
    assert.equal(code, 0);
    return lines;
  });
  const claimed = lines.filter((line) => line.startsWith('claimed'));
  assert.equal(claimed.length, 300);
  assert.equal(new Set(claimed).size, 300);
  assert.equal((await spool.stats()).queued, 0);
});

test('claims of a live process stay, those of a dead one come back and count', async (t) => {
  const spool = await openSpool(t);
  await spool.enqueue({ key: 'a' });
  const { run, ended } = child('hold', spool.directory);
  await new Promise<void>((resolve) =>
    run.stdout.on('data', (text: string) => text.includes('holding') && resolve()),
  );
  assert.equal(await spool.recover(), 0);
  assert.deepEqual(await spool.claim(), []);
  run.kill('SIGKILL');
  await ended;
  assert.equal(await spool.recover(), 1);
  assert.deepEqual(
    (await spool.claim()).map(({ key, attempts }) => [key, attempts]),
    [['a', 2]],
  );
});

test('a claim of another machine, or of a process id that was given anew, goes by age or start', async (t) => {
  const directory = await spoolDir(t);
  const spool = await openSpool(t, directory, { leaseMs: 300 });
  await spool.enqueue({ key: 'a' });
  const { rename } = await import('node:fs/promises');
  const move = async (owner: string): Promise<void> => {
    const [name = ''] = await names(directory, 'queue');
    await rename(join(directory, 'queue', name), join(directory, 'claims', `${owner}~${name}`));
  };
  await move('elsewhere.00000000.1.1.00000000');
  assert.equal(await spool.recover(), 0);
  await setTimeout(150);
  await writeFile(join(directory, 'owners', 'elsewhere.00000000.1.1.00000000'), '');
  await setTimeout(200);
  assert.equal(await spool.recover(), 0, 'a sign of life');
  await setTimeout(200);
  assert.equal(await spool.recover(), 1);
  const claim = (await spool.claim())[0];
  const [held = ''] = await names(directory, 'claims');
  await claim?.release();
  const [host, machine, pid] = held.split('.');
  if (held.split('.')[3] === '0') return t.skip('this system does not tell when a process was started');
  await move(`${host}.${machine}.${pid}.1.00000000`);
  assert.equal(await spool.recover(), 1);
  assert.deepEqual(keysOf(await spool.claim()), ['a']);
});

test('a file is synced before it is named, and the names before enqueue returns', async (t) => {
  if (spawnSync('strace', ['-V']).error) return t.skip('strace is not available');
  const directory = await spoolDir(t);
  const log = join(directory, '..', `${directory.split('/').at(-1)}.strace`);
  const { rm, readFile } = await import('node:fs/promises');
  t.after(() => rm(log, { force: true }));
  const code = `import { Spool } from 'narkit/node'; const s = await Spool.open(${JSON.stringify(join(directory, 's'))}, { minFreeBytes: 0 });
    await s.enqueue({ key: 'k' }); process.stdout.write('returned');`;
  const args = ['-f', '-y', '-e', 'trace=fsync,link,linkat,rename,renameat,renameat2,write', '-o', log];
  const node = [process.execPath, '--conditions=@narkit/source', '--input-type=module', '-e', code];
  const cwd = join(import.meta.dirname, '../../..');
  const run = spawnSync('strace', [...args, ...node], { encoding: 'utf8', cwd });
  if (run.stdout !== 'returned') return t.skip(`strace cannot trace here: ${run.stderr.slice(0, 200)}`);
  const calls = (await readFile(log, 'utf8')).split('\n').filter((line) => !/resumed>/.test(line));
  const at = (pattern: RegExp): number => {
    const found = calls.findIndex((line) => pattern.test(line));
    assert.ok(found >= 0, String(pattern));
    return found;
  };
  const order = [
    /fsync\(\d+<[^>]*\/tmp\/[^/>]+~0>/,
    /link(at)?\(.*\/keys\//,
    /fsync\(\d+<[^>]*\/keys>/,
    /rename.*\/queue\//,
    /fsync\(\d+<[^>]*\/queue>/,
    /"returned"/,
  ].map(at);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});
