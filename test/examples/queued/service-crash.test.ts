import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath, getuid } from 'node:process';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Spool } from 'narkit/node';
import { addRoot } from '../../../examples/post-build-hook/queued/hook/gc-roots.ts';
import { spoolDir } from '../../node/spool/support.ts';
import { endings, items, keyOf, rootKeys, type Suite } from './service-support.ts';

const NOBODY = 65534;

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

async function crashWorld(t: Suite, names: readonly string[], group?: number) {
  const atEnd = endings(t);
  const directory = await spoolDir(t);
  const [rootsDir, log] = [join(directory, 'roots'), join(directory, 'log')];
  await mkdir(rootsDir);
  await writeFile(log, '');
  const spool = await Spool.open(join(directory, 'spool'), {
    minFreeBytes: 0,
    ...(group === undefined ? {} : { group }),
  });
  atEnd(() => spool.close());
  const keys = names.map(keyOf);
  await addRoot(rootsDir, ...keys);
  for (const key of keys) await spool.enqueue({ key });
  const start = (killer?: string, user: { uid?: number; gid?: number } = {}) => {
    const script = join(import.meta.dirname, 'service-child.ts');
    const args = ['--conditions=@narkit/source', script, spool.directory, rootsDir, log];
    if (killer !== undefined) args.push(killer);
    const child = spawn(execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], ...user });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new Promise<End>((resolve) =>
      child.on('close', (code, signal) => resolve({ code, signal, stderr })),
    );
    atEnd(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    return { child, ended };
  };
  const published = async (): Promise<string[]> =>
    [...(await readFile(log, 'utf8')).matchAll(/^published (.*)$/gm)].map(([, key]) => key ?? '');
  return { directory, rootsDir, log, spool, keys, start, published };
}

test('a path that kills the process takes no other with it, and is given up', async (t) => {
  const names = [...Array.from({ length: 12 }, (_, i) => `p${i}`), 'killer'];
  const { spool, keys, start, published, rootsDir, log } = await crashWorld(t, names);
  let runs = 0;
  for (let end: End | undefined; end?.code !== 0; runs++) {
    assert.ok(runs < 5, 'it comes to an end');
    end = await start('killer').ended;
    assert.ok(end.code === 0 || end.signal === 'SIGKILL', end.stderr);
  }
  // Once in a batch, then twice alone: three attempts.
  assert.equal(runs, 4);
  const healthy = keys.filter((key) => !key.endsWith('killer'));
  assert.deepEqual((await published()).sort(), healthy.toSorted(), 'each once');
  const dead = await items(spool, 'dead');
  assert.deepEqual(
    dead.map(({ key }) => key),
    [keyOf('killer')],
  );
  assert.match(dead[0]?.reason ?? '', /the process ended while/);
  assert.deepEqual(await rootKeys(rootsDir), [keyOf('killer')]);
  assert.ok((await readFile(log, 'utf8')).includes('done'));
});

test('killed at any moment, nothing is lost', async (t) => {
  const { keys, start, published, rootsDir, spool } = await crashWorld(
    t,
    Array.from({ length: 150 }, (_, i) => `p${i}`),
  );
  for (let i = 0; i < 3; i++) {
    const { child, ended } = start();
    // Until it works, and then some time.
    const before = (await published()).length;
    for (let wait = 0; wait < 500 && (await published()).length === before && child.exitCode === null; wait++)
      await setTimeout(5);
    await setTimeout(i * 7);
    child.kill('SIGKILL');
    await ended;
  }
  const end = await start().ended;
  assert.deepEqual([end.code, end.stderr], [0, '']);
  assert.deepEqual([...new Set(await published())].sort(), keys.toSorted());
  assert.deepEqual([await rootKeys(rootsDir), await items(spool, 'dead')], [[], []]);
});

test('a service without rights of its own removes the roots that root has made', async (t) => {
  if (getuid?.() !== 0) {
    t.skip('only root can start a process as somebody else');
    return;
  }
  const { directory, rootsDir, log, start, keys, published, spool } = await crashWorld(
    t,
    ['a', 'b', 'c'],
    NOBODY,
  );
  await chmod(directory, 0o755);
  await chown(rootsDir, 0, NOBODY);
  await chmod(rootsDir, 0o2770);
  await chmod(log, 0o666);
  const end = await start(undefined, { uid: NOBODY, gid: NOBODY }).ended;
  if (/(EACCES|Cannot find module).*service-child\.ts/.test(end.stderr)) {
    t.skip('others may not read these sources');
    return;
  }
  assert.deepEqual([end.code, end.stderr], [0, '']);
  assert.deepEqual((await published()).sort(), keys.toSorted());
  assert.deepEqual(await rootKeys(rootsDir), []);
  assert.deepEqual((await spool.stats()).queued, 0);
  assert.ok(!(await readFile(log, 'utf8')).includes('trouble'));
});
