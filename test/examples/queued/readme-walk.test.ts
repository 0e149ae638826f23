/**
 * The way through README.md, on one machine: key, settings, service, build, pull the cable, plug it in,
 * delete, get it back, doctor. With root, hook and service are different users, as there.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { may } from '../../../examples/post-build-hook/queued/doctor/accounts.ts';
import type { Finding } from '../../../examples/post-build-hook/queued/doctor/finding.ts';
import { root } from '../../docs/blocks.ts';
import { NixWorld, nixInstallations } from '../../support/nix.ts';
import { objectServer } from '../../support/object-server.ts';
import { need } from '../../support/require.ts';
import { tempDir } from '../../support/temp.ts';
import { asRoot, nobody } from './doctor-world.ts';

const queued = join(root, 'examples/post-build-hook/queued');
const program = ['--conditions=@narkit/source', join(queued, 'upload-queue.ts')];

/** A cache with a cable. */
async function cacheServer(t: TestContext): Promise<{ url: string; plugged: boolean }> {
  const cache = { url: '', plugged: true };
  const server = await objectServer(t, ({ socket }) => {
    if (cache.plugged) return undefined;
    socket.destroy();
    return true;
  });
  cache.url = server.url;
  return cache;
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

describe('the way through the README', () => {
  it('is there a Nix to go it with', (t) => {
    need(t, 'nix', nixInstallations().length > 0, 'Nix');
  });

  // The way takes a while, with a dozen programs: the oldest and the newest will do.
  const installations = nixInstallations();
  for (const nix of new Set([installations[0], installations.at(-1)])) {
    if (nix === undefined) continue;
    it(`with Nix ${nix.version}`, { timeout: 120_000 }, async (t) => {
      const dir = await tempDir(t);
      await chmod(dir, 0o755);
      const world = await NixWorld.create(nix, dir);
      const cache = await cacheServer(t);
      const conf = join(dir, 'conf');
      const key = join(dir, 'key.private');
      await world.run('nix-store', ['--generate-binary-cache-key', 'walk-1', key, join(dir, 'key.public')]);
      // Somebody else can be the service only where that one can read the checkout.
      const split =
        asRoot && (await may(nobody, ['r', 'x'], queued)) && (await may(nobody, ['x'], process.execPath));
      const service = split ? { uid: nobody.uid, gid: nobody.gid } : {};
      if (split) await chown(key, nobody.uid, nobody.gid);
      await chmod(key, 0o600);

      const roots = join(dir, 'var/gcroots/nix-upload');
      const places = `queue-dir = ${dir}/spool\ngc-roots-dir = ${roots}\n`;
      await writeFile(join(conf, 'enqueue-upload.conf'), `${places}tags = walk\n`);
      await writeFile(
        join(conf, 'upload-queue.conf'),
        `${places}secret-key-files = ${key}\nnix-bin-dir = ${nix.binDir}\nstore-dir = ${world.storeDir}\nretry-min = 0.2s\nretry-max = 0.5s\n[main]\ncache = ${cache.url}?retry-attempts=1\n`,
      );
      const hook = join(conf, 'enqueue-upload.sh');
      await copyFile(join(queued, 'hook/enqueue-upload.sh'), hook);
      await chmod(hook, 0o755);
      await world.configure({
        'post-build-hook': hook,
        'extra-trusted-public-keys': await readFile(join(dir, 'key.public'), 'utf8'),
      });

      const env = { ...world.env, NIX_USER_CONF_FILES: '' };
      const args = [...program, '--config', join(conf, 'upload-queue.conf')];
      const run = async (words: string[], as: object = {}): Promise<{ code: unknown; out: string }> =>
        await new Promise((resolve) => {
          execFile(process.execPath, [...args, ...words], { env, cwd: '/', ...as }, (error, stdout, stderr) =>
            resolve({ code: error === null ? 0 : error.code, out: stdout + stderr }),
          );
        });
      const init = await run(['init', '--group', String(split ? nobody.gid : (process.getgid?.() ?? 0))]);
      assert.equal(init.code, 0, init.out);
      const serve = spawn(process.execPath, [...args, 'serve'], {
        env,
        cwd: '/',
        stdio: 'ignore',
        ...service,
      });
      t.after(async () => {
        serve.kill('SIGKILL');
        await ended(serve);
      });

      cache.plugged = false;
      const expression = `derivation { name = "walk"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo walked > $out" ]; }`;
      const path = (await world.run('nix-build', ['--no-out-link', '-E', expression])).trim();
      assert.equal((await run(['drain', '--timeout', '1s'])).code, 2, 'the time is over, and it still waits');
      assert.match((await run(['status'])).out, /^main +1 |^main +0 +1 |^main +0 +0 +1 /m);
      await world.run('nix-store', ['--gc']);
      assert.ok(existsSync(path), 'what is queued stays');

      cache.plugged = true;
      const drained = await run(['wait', '--tag', 'walk', '--timeout', '60s']);
      assert.equal(drained.code, 0, drained.out);
      assert.deepEqual(await readdir(join(roots, 'main')), [], 'its root is gone');
      await world.run('nix-store', ['--gc']);
      assert.ok(!existsSync(path));
      await world.run('nix-store', ['--realise', path, '--option', 'substituters', cache.url]);
      assert.equal(await readFile(path, 'utf8'), 'walked\n');

      // Other tests may have daemons of their own, which the service cannot tell from its own.
      const doctor = await run(['doctor', '--json'], service);
      const findings: Finding[] = doctor.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.ok(findings.length > 8);
      const errors = findings.filter(({ level, check }) => level === 'error' && check !== 'daemon');
      assert.deepEqual(errors, []);
      serve.kill('SIGTERM');
      assert.equal(await ended(serve), 0, 'it ends when it is told to');
    });
  }
});
