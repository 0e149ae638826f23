/**
 * The queued hooks, run by hand: what is queued, and what they do when something is wrong.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { after, describe, it, type TestContext } from 'node:test';
import { tempDir } from '../../support/temp.ts';
import { builtHooks, type Ended, Installation, type RunOptions, runHook, VARIANTS } from './hook-programs.ts';

const HASH = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm';
const [A, B] = [`/nix/store/${HASH}-a?x=1`, `/nix/store/${HASH}-b+c_1.0`];

function hasProgram(name: string): boolean {
  return spawnSync(name, ['-c', 'exit 0']).status === 0;
}

/** Node's, that of `/bin/sh`, and every other shell there is. */
const RUNS: readonly {
  readonly name: string;
  readonly run: (at: Installation, options?: RunOptions) => Promise<Ended>;
}[] = [
  ...VARIANTS.map((variant) => ({
    name: variant,
    run: (at: Installation, options?: RunOptions) => runHook(at.program(variant), options),
  })),
  ...[['dash'], ['bash', '--posix'], ['busybox', 'ash'], ['ksh'], ['zsh', '--emulate', 'sh']]
    .filter(([shell = '']) => hasProgram(shell))
    .map((shell) => ({
      name: `enqueue-upload.sh in ${shell.join(' ')}`,
      run: (at: Installation, options?: RunOptions) =>
        runHook(at.program('enqueue-upload.sh'), { ...options, shell }),
    })),
];

/** Root's view of a file system of its own; `undefined` where this process may not mount. */
function mounted(t: TestContext, options: string): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'narkit-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir]);
  t.after(() => {
    if (status === 0) execFileSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true });
  });
  if (status !== 0) t.skip('this process may not mount');
  return status === 0 ? dir : undefined;
}

/** One line, and one only. */
function assertSays({ stdout, stderr }: Ended, pattern: RegExp): void {
  assert.equal(stdout, '');
  assert.match(stderr, /^enqueue-upload: [^\n]+\n$/);
  assert.match(stderr, pattern);
}

const QUIET: Ended = { code: 0, stdout: '', stderr: '' };

describe('the queued hook', () => {
  const built = builtHooks({ after });
  const install = async (t: TestContext, ...targets: string[]): Promise<Installation> => {
    const at = new Installation(await tempDir(t), built);
    for (const target of targets) await at.addTarget(target);
    return at;
  };

  for (const { name, run } of RUNS) {
    describe(name, () => {
      it('queues every path for every target, with a root, and says nothing', async (t) => {
        const at = await install(t, 'a', 'b-2');
        // Not set up to its end; not a target.
        mkdirSync(join(at.queueDir, 'unfinished'));
        await at.addTarget('Not-One');
        at.configure('tags = ci main/7\n');
        const env = { DRV_PATH: '', OUT_PATHS: ` ${A}  ${B} ` };
        assert.deepEqual(await run(at, { env }), QUIET);
        const tags = ['ci', 'main/7'];
        for (const target of ['a', 'b-2']) {
          assert.deepEqual(await at.queued(target), [
            { key: A, data: undefined, tags },
            { key: B, data: undefined, tags },
          ]);
          assert.deepEqual(at.roots(target), [A, B]);
        }
        assert.deepEqual(readdirSync(join(at.queueDir, 'unfinished')), []);
        assert.deepEqual(await at.keys('Not-One'), []);
      });

      it('a second time changes nothing', async (t) => {
        const at = await install(t, 'a');
        for (let i = 0; i < 2; i++) assert.deepEqual(await run(at, { env: { OUT_PATHS: A } }), QUIET);
        assert.deepEqual(await at.keys('a'), [A]);
        assert.deepEqual(await run(at, { env: { OUT_PATHS: A } }), QUIET);
        assert.deepEqual(await at.keys('a'), [A]);
        assert.deepEqual(at.roots('a'), [A]);
      });

      it('says which derivation, and takes the outputs from its file', async (t) => {
        const at = await install(t, 'a');
        const store = join(at.dir, 'store');
        mkdirSync(store);
        const [drv, out, dev] = [`${HASH}-x.drv`, `${HASH}-x`, `${HASH}-x-dev`].map((base) =>
          join(store, base),
        ) as [string, string, string];
        const text = `Derive([("dev","${dev}","",""),("out","${out}","","")],[],[],"x","/bin/sh",["],[\\"\\n("],[("a","],[(\\"out\\",\\"/nix/store/${HASH}-no\\"")])`;
        writeFileSync(drv, text);
        // Left in the environment of the daemon: it does not keep the outputs out.
        for (const OUT_PATHS of ['', out, B]) {
          assert.deepEqual(await run(at, { env: { OUT_PATHS, DRV_PATH: drv } }), QUIET);
        }
        const data = { drvPath: drv };
        const queued = (await at.queued('a')).filter(({ key }) => key !== B);
        assert.deepEqual(
          queued,
          [out, dev].map((key) => ({ key, data, tags: [] })),
        );
      });

      it('says when it cannot know the outputs, and queues what it was given', async (t) => {
        const at = await install(t, 'a');
        const env = { DRV_PATH: `/nonexistent/${HASH}-x.drv`, OUT_PATHS: A };
        const ended = await run(at, { env });
        assert.equal(ended.code, 0);
        assertSays(ended, /no outputs of /);
        assert.deepEqual(await at.keys('a'), [A]);
        const named = { ...env, OUT_PATHS: `/nonexistent/${HASH}-x-dev` };
        assert.deepEqual(await run(at, { env: named }), QUIET);
      });

      it('nothing that is no store path gets into the queue', async (t) => {
        const at = await install(t, 'a');
        for (const path of [
          '/etc/passwd',
          `${HASH}-relative`,
          `/nix/store/${'e'.repeat(32)}-x`,
          `/nix/store/${HASH}-x"y`,
          '*',
        ]) {
          const ended = await run(at, { env: { OUT_PATHS: `${path} ${A}` } });
          assert.equal(ended.code, 0);
          assertSays(ended, /invalid store/);
        }
        assertSays(await run(at), /neither DRV_PATH nor OUT_PATHS is set/);
        assert.deepEqual(await at.keys('a'), [A]);
        assert.deepEqual(at.roots('a'), [A]);
      });

      it('mistakes in the settings are said, and the rest holds', async (t) => {
        const at = await install(t, 'a');
        at.configure('tags = x   y # z\nstrict = yes\nqueue = /x\n\nstrict=\n[a]\n tags\n');
        const ended = await run(at, { env: { OUT_PATHS: A } });
        assert.equal(ended.code, 0);
        for (const line of [5, 6, 8, 9, 10]) assertSays(ended, new RegExp(`upload\\.conf, line ${line}:`));
        assert.deepEqual(await at.queued('a'), [{ key: A, data: undefined, tags: ['x', 'y'] }]);
        at.configure(`tags = $(touch ${at.dir}/ran)\n\`touch ${at.dir}/ran\` = 1\nstrict = true`);
        assert.equal((await run(at, { env: { OUT_PATHS: A } })).code, 1, 'the last line has no newline');
        assert.ok(!existsSync(join(at.dir, 'ran')));
      });

      it('without a queue there are roots at least; strict lets the build fail', async (t) => {
        const at = await install(t, 'a');
        rmSync(at.queueDir, { recursive: true });
        const ended = await run(at, { env: { OUT_PATHS: A } });
        assert.equal(ended.code, 0);
        assertSays(ended, /not queued: .*queue/);
        assert.deepEqual(at.roots('a'), [A]);
        at.configure('strict = true\n');
        assert.equal((await run(at, { env: { OUT_PATHS: B } })).code, 1);
        assert.deepEqual(at.roots('a'), [A, B]);
      });

      it('a target that is broken is no matter of the other', async (t) => {
        const at = await install(t, 'a', 'b', 'c');
        at.configure('strict = true\n');
        writeFileSync(join(at.queueDir, 'a/version'), 'narkit-spool 2\n');
        rmSync(join(at.rootsDir, 'c'), { recursive: true });
        const ended = await run(at, { env: { OUT_PATHS: A } });
        assert.equal(ended.code, 1);
        assertSays(ended, /not queued for 'a': .*that this program knows/);
        assertSays(ended, /no garbage collector roots for 'c': /);
        assert.ok(!ended.stderr.includes("'b'"), ended.stderr);
        for (const target of ['b', 'c']) assert.deepEqual(await at.keys(target), [A]);
        assert.deepEqual(at.roots('b'), [A]);
        assert.deepEqual(readdirSync(join(at.queueDir, 'a/new')), []);
      });

      it('a pipe in the place of a file does not hold it', async (t) => {
        const at = await install(t, 'a');
        rmSync(join(at.queueDir, 'a/version'));
        execFileSync('mkfifo', [join(at.queueDir, 'a/version')]);
        assertSays(await run(at, { env: { OUT_PATHS: A } }), /not queued for 'a'/);
      });

      it('another user is told', async (t) => {
        if (geteuid?.() !== 0) return t.skip('only root can be another user');
        const at = await install(t, 'a');
        chmodSync(at.dir, 0o755);
        const user = { uid: 65534, env: { OUT_PATHS: A } };
        const ended = await run(at, user);
        assert.equal(ended.code, 0);
        assertSays(ended, /not queued for 'a'.*denied|not queued for 'a'.*not for this user/i);
        chmodSync(at.queueDir, 0o700);
        assertSays(await run(at, user), /not queued: /);
        assert.deepEqual(await at.keys('a'), []);
      });

      it('a full disk', async (t) => {
        const disk = mounted(t, 'size=100m,nr_inodes=60');
        if (disk === undefined) return;
        const at = await install(t);
        at.configure(`queue-dir = ${disk}/queue\n`);
        const full = new Installation(disk, built, at.rootsDir);
        await full.addTarget('a');
        for (let i = 0; ; i++) {
          try {
            mkdirSync(join(disk, `full-${i}`));
          } catch {
            break;
          }
        }
        const ended = await run(at, { env: { OUT_PATHS: A } });
        assert.equal(ended.code, 0);
        assertSays(ended, /not queued for 'a': .*no space left/i);
        assert.deepEqual(at.roots('a'), [A]);
        rmSync(join(disk, 'full-0'), { recursive: true });
        rmSync(join(disk, 'full-1'), { recursive: true });
        rmSync(join(disk, 'full-2'), { recursive: true });
        assert.deepEqual(await run(at, { env: { OUT_PATHS: A } }), QUIET);
        assert.equal(readdirSync(join(disk, 'queue/a/new')).length, 1);
        assert.deepEqual(readdirSync(join(disk, 'queue/a/tmp')), []);
      });

      it('a disk that has no bytes left', async (t) => {
        const disk = mounted(t, 'size=200k');
        if (disk === undefined) return;
        const at = await install(t);
        at.configure(`queue-dir = ${disk}/queue\n`);
        const full = new Installation(disk, built, at.rootsDir);
        await full.addTarget('a');
        spawnSync('dd', ['if=/dev/zero', `of=${disk}/full`]);
        const ended = await run(at, { env: { OUT_PATHS: A } });
        assert.equal(ended.code, 0);
        assertSays(ended, /not queued for 'a': .*(is full|no space left|I\/O error|write error)/i);
        assert.deepEqual(at.roots('a'), [A]);
        for (const name of ['new', 'tmp']) assert.deepEqual(readdirSync(join(disk, 'queue/a', name)), []);
      });

      it('a disk that is read-only', async (t) => {
        const disk = mounted(t, 'size=100m');
        if (disk === undefined) return;
        const at = new Installation(disk, built);
        await at.addTarget('a');
        execFileSync('mount', ['-o', 'remount,ro', disk]);
        const ended = await run(at, { env: { OUT_PATHS: A } });
        assert.equal(ended.code, 0);
        assertSays(ended, /not queued for 'a': .*read-only/i);
        assertSays(ended, /no garbage collector roots for 'a': .*read-only/i);
      });
    });
  }
});
