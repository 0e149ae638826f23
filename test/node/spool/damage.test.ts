import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  link,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isNarkitError } from 'narkit';
import { Spool } from 'narkit/node';
import { items, keysOf, names, one, openSpool, spoolDir } from './support.ts';

const refused = (pattern: RegExp) => (err: unknown) => {
  assert.ok(isNarkitError(err, 'ERR_SPOOL'), String(err));
  assert.match(err.message, pattern);
  return true;
};
const old = new Date(Date.now() - 60_000);

/** The lines of the guide, so that they are what is tested. */
async function guideScript(): Promise<string> {
  const guide = await readFile(join(import.meta.dirname, '../../../docs/guide/spool.md'), 'utf8');
  return /```sh\n([\s\S]*?)```/.exec(guide)?.[1] ?? assert.fail('no script in the guide');
}

test('the shell lines of the guide queue what a consumer claims', async (t) => {
  const spool = await openSpool(t);
  const paths = [
    '/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a?b=*',
    '/nix/store/0hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-c',
  ];
  const env = { ...process.env, OUT_PATHS: paths.join(' '), spool: spool.directory };
  for (let twice = 0; twice < 2; twice++) execFileSync('sh', ['-eu', '-c', await guideScript()], { env });
  assert.deepEqual([(await spool.stats()).dropped, await names(spool.directory, 'tmp')], [4, []]);
  const claims = await spool.claim(9);
  assert.deepEqual(keysOf(claims).sort(), paths.toSorted());
  for (const claim of claims) await claim.ack();
  assert.deepEqual(await names(spool.directory, 'new'), []);
  assert.equal((await spool.stats()).corrupt, 0);
});

test('what is no entry is set aside with a reason, and delays nothing', async (t) => {
  const spool = await openSpool(t);
  const drop = (name: string | Buffer): string | Buffer =>
    typeof name === 'string'
      ? join(spool.directory, 'new', name)
      : Buffer.concat([Buffer.from(`${spool.directory}/new/`), name]);
  const bad: [string | Buffer, string | Uint8Array, RegExp][] = [
    ['empty', '', /cut off/],
    ['torn', 'key /nix/store/abc', /cut off/],
    ['zeros', new Uint8Array(4096), /cut off/],
    ['binary', Uint8Array.of(0xff, 0xfe, 10), /UTF-8/],
    ['no-key', 'priority 1\nend\n', /key/],
    ['twice', 'key a\nkey b\nend\n', /second/],
    ['typo', 'key a\nprioriti 1\nend\n', /did you mean 'priority'/],
    ['json', 'key a\ndata {\nend\n', /JSON/],
    ['huge', 'x'.repeat(500_000), /bytes/],
    [Buffer.from([0x61, 0xff]), 'nothing', /cut off/],
    ['.hidden name\n', 'key\nend\n', /not a key/],
  ];
  for (const [name, text] of bad) {
    await writeFile(drop(name), text);
    await utimes(drop(name), old, old);
  }
  await symlink('/etc/passwd', drop('link'));
  await mkdir(drop('directory'));
  execFileSync('mkfifo', [drop('pipe') as string]);
  await writeFile(drop('good'), 'key good\nend\n');
  assert.deepEqual(keysOf(await spool.claim(9)), ['good']);
  const reasons = (await items(spool, 'corrupt')).map(({ reason }) => reason ?? '');
  for (const [, , pattern] of bad)
    assert.ok(
      reasons.some((reason) => pattern.test(reason)),
      String(pattern),
    );
  assert.equal(reasons.length, bad.length + 3);
  assert.deepEqual(await names(spool.directory, 'new'), []);
  assert.equal(
    (await items(spool, 'corrupt')).find(({ file }) => file.startsWith('link.'))?.reason,
    'it is a symlink',
  );
});

test('a drop that is still being written is left alone', async (t) => {
  const spool = await openSpool(t);
  const file = join(spool.directory, 'new', 'slow');
  await writeFile(file, 'key /nix/store/a');
  assert.deepEqual(await spool.claim(), []);
  await appendFile(file, 'bc\nend\n');
  assert.deepEqual(keysOf(await spool.claim()), ['/nix/store/abc']);
});

test('damaged entries are set aside, their keys are free, the others come', async (t) => {
  const spool = await openSpool(t);
  for (const key of ['a', 'b', 'c', 'd']) await spool.enqueue({ key });
  const queue = (await names(spool.directory, 'queue')).map((name) => join(spool.directory, 'queue', name));
  const path = (key: string): string => queue.find((name) => name.endsWith(`-${key}`)) as string;
  await truncate(path('a'), 5);
  await writeFile(path('b'), 'key other\nend\n');
  await rm(path('c'));
  await symlink('/etc/passwd', path('c'));
  await writeFile(join(spool.directory, 'queue', 'stranger'), '');
  await rm(join(spool.directory, 'keys', path('c').split('-').at(-2) as string));
  assert.deepEqual(keysOf(await spool.claim(9)), ['d']);
  assert.equal((await items(spool, 'corrupt')).length, 4);
  for (const key of ['a', 'b', 'c']) assert.equal(await spool.enqueue({ key }), 'queued', key);
});

test('a history that was cut off does not swallow what follows', async (t) => {
  const spool = await openSpool(t);
  await spool.enqueue({ key: 'a' });
  const claim = await one(spool);
  const [held = ''] = await names(spool.directory, 'claims');
  await appendFile(join(spool.directory, 'claims', held), 'failed 2026');
  await spool.enqueue({ key: 'a', tags: ['late'] });
  await claim.retry({ error: 'real' });
  const again = await one(spool);
  assert.deepEqual([again.tags, again.lastError], [['late'], 'real']);
});

test('every half-done step is completed', async (t) => {
  const spool = await openSpool(t);
  const [tmp, keys] = [join(spool.directory, 'tmp'), join(spool.directory, 'keys')];
  for (const key of ['linked', 'orphan']) await spool.enqueue({ key });
  const dead = 'host.00000000.1.1.00000000';
  const ownerOf = async (): Promise<string> => {
    const claim = await one(spool);
    const [held = ''] = await names(spool.directory, 'claims');
    await claim.release();
    const [host, machine] = held.split('.');
    return `${host}.${machine}.4194304.1.00000000`;
  };
  const gone = await ownerOf();
  for (const name of await names(spool.directory, 'queue')) {
    const from = join(spool.directory, 'queue', name);
    // Killed between link and rename; and a key without an entry, as the loss of power may leave it.
    if (name.endsWith('linked')) await rename(from, join(tmp, `${gone}~0`));
    else await rm(from);
  }
  await writeFile(join(tmp, `${gone}~1`), 'key half');
  await writeFile(join(tmp, `${dead}~1`), 'of another machine, and new');
  await writeFile(join(tmp, 'sh.Abc123'), 'of a shell, and new');
  assert.equal((await names(spool.directory, 'keys')).length, 2);
  assert.equal(await spool.enqueue({ key: 'orphan' }), 'present');
  await spool.recover();
  assert.deepEqual(keysOf(await spool.claim(9)).sort(), ['linked', 'orphan']);
  assert.deepEqual((await names(spool.directory, 'tmp')).sort(), [`${dead}~1`, 'sh.Abc123']);
  assert.equal((await names(spool.directory, 'keys')).length, 2);
  await link(join(tmp, 'sh.Abc123'), join(keys, 'stranger'));
  await spool.recover();
  assert.equal((await names(spool.directory, 'keys')).length, 2);
});

test('a copy without hard links is used as if it had them', async (t) => {
  const spool = await openSpool(t);
  for (const key of ['a', 'b', 'c']) await spool.enqueue({ key });
  const copy = await spoolDir(t);
  execFileSync('cp', ['-r', '--preserve=mode', '--no-preserve=links', `${spool.directory}/.`, copy]);
  const second = await openSpool(t, copy);
  const claims = await second.claim(9);
  assert.deepEqual(keysOf(claims).sort(), ['a', 'b', 'c']);
  for (const claim of claims) await claim.ack();
  assert.deepEqual([await second.claim(), await names(copy, 'keys')], [[], []]);
});

test('a clock that goes backwards delays nothing', async (t) => {
  const spool = await openSpool(t);
  await spool.enqueue({ key: 'ready' });
  await (await one(spool)).retry();
  await spool.enqueue({ key: 'delayed', at: new Date(Date.now() + 30_000) });
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() - 86_400_000 });
  assert.deepEqual(keysOf(await spool.claim(9)), ['ready']);
  await spool.recover();
  assert.deepEqual(keysOf(await spool.claim(9)), ['delayed']);
});

test('directories that are no spool, or of another version, or open to all, are refused', async (t) => {
  const directory = await spoolDir(t);
  await writeFile(join(directory, 'file'), '');
  await assert.rejects(Spool.open(directory), refused(/is no spool: 'file' is in it/));
  await assert.rejects(Spool.open(join(directory, 'none'), { create: false }), (err) =>
    isNarkitError(err, 'ERR_MISSING_CONTAINER'),
  );
  const path = join(directory, 'a/spool');
  await (await Spool.open(path)).close();
  await chmod(join(path, 'new'), 0o777);
  await assert.rejects(Spool.open(path), refused(/writable by everybody .*chmod o-w/));
  await chmod(join(path, 'new'), 0o770);
  await assert.rejects(Spool.open(path), refused(/chmod g\+s/));
  await chmod(join(path, 'new'), 0o700);
  await rename(join(path, 'queue'), join(directory, 'queue'));
  await symlink(join(directory, 'queue'), join(path, 'queue'));
  await assert.rejects(Spool.open(path), refused(/not a directory/));
  await writeFile(join(path, 'version'), 'narkit-spool 2\n');
  await assert.rejects(Spool.open(path), refused(/"narkit-spool 2\\n"/));
});

/** Runs a script with the rights of nobody. */
function asNobody(t: TestContext, code: string): string | undefined {
  if (process.getuid?.() !== 0) {
    t.skip('only root can take on another user');
    return undefined;
  }
  const cwd = join(import.meta.dirname, '../../..');
  const script = `process.setgroups([]); process.setgid(65534); process.setuid(65534); process.umask(0o077);\n${code}`;
  const run = spawnSync(
    process.execPath,
    ['--conditions=@narkit/source', '--input-type=module', '-e', script],
    { encoding: 'utf8', cwd },
  );
  assert.equal(run.stderr.replaceAll(/^.*Warning.*$/gm, '').trim(), '');
  return run.stdout;
}

test('root queues, a service without rights of its own claims; without the group it is told why', async (t) => {
  const directory = await spoolDir(t);
  await chmod(directory, 0o755);
  const path = join(directory, 'spool');
  const spool = await openSpool(t, path, { group: 65534 });
  // Modes must not depend on whoever is first.
  const umask = process.umask(0o077);
  await spool.enqueue({ key: 'from root' }).finally(() => process.umask(umask));
  const env = { ...process.env, OUT_PATHS: '/nix/store/x', spool: path };
  execFileSync('sh', ['-eu', '-c', `umask 077\n${await guideScript()}`], { env });
  const serve = (to: string): string => `const { Spool } = await import('narkit/node');
    try {
      const spool = await Spool.open(${JSON.stringify(to)}, { minFreeBytes: 0 });
      for (const claim of await spool.claim(9)) { console.log(claim.key); await claim.retry({ error: 'once' }); }
      await spool.enqueue({ key: 'from service' });
      await spool.close();
    } catch (err) { console.log(err.code, err.message); }`;
  const output = asNobody(t, serve(path));
  if (output === undefined) return;
  assert.deepEqual(output.split('\n').sort(), ['', '/nix/store/x', 'from root']);
  assert.deepEqual(keysOf(await spool.claim(9)).sort(), ['/nix/store/x', 'from root', 'from service']);
  const own = join(directory, 'private');
  await (await Spool.open(own)).close();
  await chmod(own, 0o755);
  assert.match(asNobody(t, serve(own)) ?? '', /ERR_SPOOL .*mode 755, user 0, group 0.*user 65534.*chgrp/s);
});

test('a full disk leaves no half entry, and what is queued can be claimed', async (t) => {
  const directory = await spoolDir(t);
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', directory]);
  if (mount.status !== 0) return t.skip('no file system can be mounted here');
  try {
    const spool = await Spool.open(join(directory, 's'), { minFreeBytes: 0 });
    const queued: string[] = [];
    await assert.rejects(
      async () => {
        for (let i = 0; i < 1000; i++) {
          await spool.enqueue({ key: `k${i}`, data: 'x'.repeat(3000) });
          queued.push(`k${i}`);
        }
      },
      (err) => isNarkitError(err, 'ERR_SPOOL_FULL') && /the disk is full/.test(err.message),
    );
    assert.deepEqual(await names(spool.directory, 'tmp'), []);
    assert.equal((await names(spool.directory, 'keys')).length, queued.length);
    const [first, second, ...rest] = await spool.claim(1000);
    await first?.retry({ error: 'e'.repeat(900) });
    await second?.dead('e'.repeat(900));
    for (const claim of rest) await claim.ack();
    assert.deepEqual([first?.key, second?.key, ...keysOf(rest)].sort(), queued.sort());
    assert.equal(await spool.enqueue({ key: 'again' }), 'queued');
    await spool.close();
  } finally {
    spawnSync('umount', [directory]);
  }
});
