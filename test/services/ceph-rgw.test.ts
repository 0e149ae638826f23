import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { need } from '../support/require.ts';
import { startCeph } from './ceph.ts';

const script = fileURLToPath(new URL('ceph-rgw.sh', import.meta.url));

async function run(...args: string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(script, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (data) => (text += data));
  const [code] = await once(child, 'close');
  return { code, text };
}

function listens(endpoint: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(endpoint).port), '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

test('two servers at a time, and stop ends just one', async (t) => {
  const servers = await Promise.all([startCeph({ own: true }), startCeph({ own: true })]);
  const [first, second] = servers;
  if (!need(t, 's3', first !== undefined, 'Ceph')) return;
  assert.ok(first && second);
  t.after(() => second.stop().catch(() => {}));
  assert.notEqual(first.endpoint, second.endpoint);
  assert.match(await (await fetch(first.endpoint)).text(), /<ListAllMyBucketsResult/);
  await first.stop();
  assert.equal(await listens(first.endpoint), false);
  assert.equal(await listens(second.endpoint), true);
  await second.stop();
  assert.equal(await listens(second.endpoint), false);
});

test('a stale pid file kills nobody', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'narkit-ceph-stale-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const bystander = spawn('sleep', ['30']);
  t.after(() => bystander.kill());
  await writeFile(join(directory, 'ceph.conf'), '');
  await writeFile(join(directory, 'rgw.pid'), String(bystander.pid));
  assert.equal((await run('stop', directory)).code, 0);
  assert.doesNotThrow(() => process.kill(bystander.pid as number, 0));
  await assert.rejects(access(join(directory, 'rgw.pid')));
});

test('it goes with the process that owns it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'narkit-ceph-owner-'));
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  const starter = new URL('ceph.ts', import.meta.url).href;
  const code = `import { startCeph } from ${JSON.stringify(starter)};
    console.log((await startCeph({ own: true }))?.endpoint ?? 'none'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', `--eval=${code}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: directory },
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const endpoint = String(line).trim();
  child.kill('SIGKILL');
  if (!need(t, 's3', endpoint !== 'none', 'Ceph')) return;
  const deadline = Date.now() + 10_000;
  while ((await listens(endpoint)) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await listens(endpoint), false);
});

test('usage', async () => {
  for (const args of [[], ['start'], ['fly', '/tmp']]) {
    const { code, text } = await run(...args);
    assert.equal(code, 2);
    assert.match(text, /ceph-rgw\.sh start DIR \[PORT/);
    assert.doesNotMatch(text, /set -euo|usage\(\)/);
  }
  const { code, text } = await run('stop', '/nonexistent');
  assert.equal(code, 1);
  assert.match(text, /nothing was started/);
  assert.match(await readFile(script, 'utf8'), /^#!/);
});
