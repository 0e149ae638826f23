/** Trees on disk: our dump and restore against those of real Nix. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isNarkitError } from 'narkit';
import { readNar, writeNar } from 'narkit/nar';
import { dumpPath, restorePath } from 'narkit/node';
import { NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';
import { dir, file, link, makeTree, raw, statTree, type Tree, trees } from '../support/tree.ts';

const installations = nixInstallations();

/** Names that UTF-16 order, case folding, normalisation or quoting gets wrong. */
const oddNames: Record<string, Tree> = {
  '\ufffd': file('EF BF BD'),
  '\ue000': file('EE 80 80'),
  '\u{1f600}': file('F0 9F 98 80'),
  'a\u0302': link('/'),
  '\u00e2': dir({ x: file() }),
  Test: file('T'),
  test: dir({ A: file('A'), a: file('a') }),
  'test~nix~case~hack~1': file('t'),
  'a b': file('space'),
  'a\nb': file('newline'),
  'a"b\'c': file('quotes'),
  'a\\b': file('backslash'),
  'a-': file(),
  'a.': file(),
  a: dir({ b: file() }),
  a0: file(),
  '...': file(),
  '-rf': file(),
  [raw(0xff)]: file('no UTF-8'),
  [raw(0x61, 0x80, 0x62)]: dir({ [raw(0xc3)]: file(), [raw(0xed, 0xa0, 0x80)]: file() }),
  ['n'.repeat(255)]: file('long'),
};

const samples: Record<string, Tree> = {
  file: file('hello\n'),
  empty: file(),
  executable: file('#!/bin/sh\n', 0o755),
  symlink: link('target'),
  'dangling to bytes': link(raw(0x2f, 0xff, 0xfe)),
  'long target': link(`${'t/'.repeat(2047)}t`),
  'empty directory': dir(),
  modes: dir(
    Object.fromEntries(
      [0o654, 0o700, 0o645, 0o744, 0o600, 0o666].map((mode) => [String(mode), file('x', mode)]),
    ),
  ),
  paddings: dir(
    Object.fromEntries(Array.from({ length: 18 }, (_, i) => [`n${'o'.repeat(i)}`, file('x'.repeat(i))])),
  ),
  slices: dir(
    Object.fromEntries(
      [262_143, 262_144, 262_145, 524_288, 1_000_001].map((size) => [
        String(size),
        file(new Uint8Array(size).fill(size)),
      ]),
    ),
  ),
  many: dir(
    Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${(i * 7919) % 1000}-${i}`, file(String(i))])),
  ),
  deep: Array.from({ length: 63 }).reduce<Tree>((tree) => dir({ d: tree }), file('deep')),
  names: dir(oddNames),
};

async function ourNar(path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeNar(dumpPath(path))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function ourHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of writeNar(dumpPath(path, { reuseChunks: true }))) hash.update(chunk);
  return hash.digest('hex');
}

test('dump and restore against real Nix', async (t) => {
  if (!need(t, 'nix', installations.length > 0, 'nix-store')) return;
  const base = await tempDir(t);
  for (const [name, tree] of Object.entries(samples)) makeTree(join(base, name), tree);

  for (const [i, nix] of installations.entries()) {
    const world = await NixWorld.create(nix, await tempDir(t));
    const theirNar = async (path: string): Promise<Buffer> =>
      Buffer.from(await world.run('nix-store', ['--dump', path]), 'latin1');
    const theirRestore = async (nar: string, path: string): Promise<void> => {
      const child = spawn(join(nix.binDir, 'nix-store'), ['--restore', path], {
        env: world.env,
        stdio: ['pipe', 'inherit', 'inherit'],
      });
      createReadStream(nar).pipe(child.stdin);
      assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0);
    };

    for (const name of Object.keys(samples)) {
      await t.test(`${nix.version}: ${name}`, async () => {
        const nar = await theirNar(join(base, name));
        assert.ok((await ourNar(join(base, name))).equals(nar), 'our dump is their dump');

        const [ours, theirs] = [join(base, `${name} ours ${i}`), join(base, `${name} theirs ${i}`)];
        await restorePath(readNar(nar), ours);
        writeFileSync(`${ours}.nar`, nar);
        await theirRestore(`${ours}.nar`, theirs);
        assert.deepEqual(statTree(ours), statTree(theirs));
        assert.ok((await theirNar(ours)).equals(nar), 'they dump what we restored');
        assert.ok((await ourNar(theirs)).equals(nar), 'we dump what they restored');
      });
    }

    await t.test(`${nix.version}: random trees`, async () => {
      let count = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(trees, { minLength: 10, maxLength: 30 }), async (members) => {
          const path = join(base, `random ${i} ${count++}`);
          makeTree(path, dir(Object.fromEntries(members.map((tree, n) => [String(n), tree]))));
          assert.ok((await ourNar(path)).equals(await theirNar(path)));
        }),
        { numRuns: 4, endOnFailure: true },
      );
    });

    await t.test(`${nix.version}: both refuse sockets and FIFOs`, async () => {
      const [fifo, socket] = [join(base, `fifo ${i}`), join(base, `socket ${i}`)];
      mkdirSync(fifo);
      execFileSync('mkfifo', [join(fifo, 'f')]);
      mkdirSync(socket);
      const server = createServer().listen(join(socket, 's'));
      await new Promise((resolve) => server.once('listening', resolve));
      for (const path of [fifo, socket]) {
        assert.match((await world.try('nix-store', ['--dump', path])).stderr, /unsupported type/);
        await assert.rejects(ourNar(path), (err) => isNarkitError(err, 'ERR_FILE_UNSUPPORTED'));
      }
      server.close();
    });
  }

  await t.test('a file of more than 4 GiB', { timeout: 120_000 }, async () => {
    const [nix] = installations;
    assert.ok(nix !== undefined);
    const world = await NixWorld.create(nix, await tempDir(t));
    const path = join(base, 'sparse');
    writeFileSync(path, 'begin');
    truncateSync(path, 2 ** 32 + 5);
    const theirs = world.run('nix-hash', ['--type', 'sha256', path]);
    assert.equal(await ourHash(path), (await theirs).trim());
  });
});
