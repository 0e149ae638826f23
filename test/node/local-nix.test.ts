/** Which way to the local store is picked, and what is said of the others. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isNarkitError } from 'narkit';
import { type LocalNixKind, type LocalNixOptions, localNix } from 'narkit/node';
import { pathOf } from '../support/infos.ts';
import { tempDir } from '../support/temp.ts';
import { DatabaseFile } from './nix-database-file.ts';

const a = pathOf('a');

/** A directory with a database, and with programs that say nothing is valid and write down their environment. */
async function place(t: TestContext): Promise<{ dir: string; stateDir: string; calls: string }> {
  const dir = await tempDir(t);
  const stateDir = join(dir, 'state');
  const file = await DatabaseFile.create(stateDir);
  file.add(a);
  file.db.close();
  const calls = join(dir, 'calls');
  const script = `#!/bin/sh
echo "$NIX_STORE_DIR $NIX_STATE_DIR $NIX_DAEMON_SOCKET_PATH $EXTRA $*" >> ${calls}
for path; do case $path in *-nowhere) echo $path;; esac; done
`;
  for (const name of ['nix', 'nix-store']) await writeFile(join(dir, name), script, { mode: 0o755 });
  return { dir, stateDir, calls };
}

test('no daemon: the database, and it says why', async (t) => {
  const { stateDir } = await place(t);
  await using local = await localNix({ stateDir, env: { NIX_DAEMON_SOCKET_PATH: '/nowhere/else' } });
  assert.equal(local.kind, 'database');
  assert.deepEqual(
    local.tried.map(({ kind }) => kind),
    ['daemon'],
  );
  assert.equal(local.tried[0]?.error.code, 'ERR_NIX_DAEMON_UNAVAILABLE');
  assert.match(local.why, /^daemon: .*; database: it answers$/);
  // The state directory that was asked for has a socket of its own.
  assert.match(local.why, new RegExp(`${stateDir}/daemon-socket/socket`));
  assert.deepEqual(
    [...(await local.nix.pathInfos([a])).values()].map((info) => info?.narSize),
    [120],
  );
  await local.close();
  await assert.rejects(local.nix.pathInfos([a]), /closed/);
});

test('what listens is no daemon', async (t) => {
  const { dir, stateDir } = await place(t);
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  t.after(() => server.close());
  server.listen(join(dir, 'socket'));
  await once(server, 'listening');
  await using local = await localNix({ stateDir, socket: join(dir, 'socket') });
  assert.equal(local.kind, 'database');
  assert.match(local.tried[0]?.error.code ?? '', /^ERR_NIX_DAEMON_/);
});

test('the environment says where, and is not taken from this process when given', async (t) => {
  const { dir, stateDir, calls } = await place(t);
  const env = {
    NIX_STATE_DIR: stateDir,
    NIX_STORE_DIR: '/nix/store',
    NIX_DAEMON_SOCKET_PATH: '/nowhere/sock',
    EXTRA: 'yes',
  };
  await using database = await localNix({ env });
  assert.equal(database.kind, 'database');
  assert.match(database.why, /\/nowhere\/sock/);
  await using command = await localNix({ env, binDir: dir, kinds: ['command', 'database'] });
  assert.equal(command.kind, 'command');
  assert.equal(command.why, 'command: it answers');
  await using other = await localNix({
    env: {},
    storeDir: '/other',
    root: dir,
    binDir: dir,
    kinds: ['command'],
  });
  assert.equal(other.nix.storeDir, '/other');
  const [first, second] = (await readFile(calls, 'utf8')).split('\n') as [string, string];
  assert.match(first, new RegExp(`^/nix/store ${stateDir} /nowhere/sock yes --check-validity`));
  assert.ok(second.startsWith('/other ') && second.endsWith(` --store local?root=${dir}`), second);
});

test('a root of its own: its database, and never a daemon', async (t) => {
  const dir = await tempDir(t);
  const file = await DatabaseFile.create(join(dir, 'nix/var/nix'));
  file.add(a);
  await using local = await localNix({ root: dir });
  assert.equal(local.kind, 'database');
  assert.equal(local.tried[0]?.error.code, 'ERR_UNSUPPORTED');
  assert.equal((await local.nix.closure([a])).length, 1);
});

test('no way at all: the reason of each', async (t) => {
  const dir = await tempDir(t);
  const options: LocalNixOptions = { stateDir: join(dir, 'none'), binDir: dir };
  await assert.rejects(localNix(options), (err: Error) => {
    assert.ok(isNarkitError(err, 'ERR_UNSUPPORTED'));
    assert.match(err.message, /daemon: .*; database: .*; command: .*nix/);
    const { errors } = err.cause as AggregateError;
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['ERR_NIX_DAEMON_UNAVAILABLE', 'ERR_NIX_DATABASE', 'ERR_UNSUPPORTED'],
    );
    return true;
  });
  await assert.rejects(
    localNix({ ...options, kinds: ['database'] }),
    (err: Error) => !err.message.includes('daemon:'),
  );
});

test('wrong use, and an abort', async (t) => {
  const { stateDir } = await place(t);
  await assert.rejects(localNix({ kinds: [] }), TypeError);
  await assert.rejects(localNix({ kinds: ['deamon' as LocalNixKind] }), /deamon/);
  await assert.rejects(localNix({ root: '/', stateDir }), TypeError);
  await assert.rejects(localNix({ sotreDir: '/' } as object), /did you mean 'storeDir'/);
  await assert.rejects(localNix({ storeDir: 'relative', stateDir }), { code: 'ERR_PARSE_STORE_PATH' });
  const signal = AbortSignal.abort(new Error('enough'));
  for (const kind of ['daemon', 'database', 'command'] as const)
    await assert.rejects(localNix({ stateDir, signal, kinds: [kind] }), /enough/);
});
