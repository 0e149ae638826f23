/** The daemon, the database and the command line of real stores say the same, also while Nix writes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PathInfo, signPathInfo } from 'narkit/narinfo';
import {
  type LocalNix,
  type LocalNixKind,
  type LocalNixStore,
  localNix,
  NixDaemon,
  nixDaemonCommand,
} from 'narkit/node';
import { createSigner, generateSecretKey } from 'narkit/signature';
import { hashPart, parseStorePath, type StorePath } from 'narkit/store-path';
import { pathOf } from '../support/infos.ts';
import { type NixInstallation, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const KINDS: readonly LocalNixKind[] = ['daemon', 'database', 'command'];
const installations = nixInstallations();

/** Forty texts, each of which refers to up to three of those before it. */
function texts(seed: number): string {
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
  const lines = Array.from({ length: 40 }, (_, i) => {
    const references = Array.from({ length: random(4) }, () => random(i)).filter((j) => j < i);
    return `t${i} = builtins.toFile "t${i}" "${i} ${references.map((j) => `\${t${j}}`).join(' ')}";`;
  });
  return `let ${lines.join('\n')} in [ ${lines.map((_, i) => `t${i}`).join(' ')} ]`;
}

interface Scene {
  readonly world: NixWorld;
  readonly paths: readonly StorePath[];
  readonly drv: StorePath;
  /** One per kind, in the order of KINDS. */
  readonly ways: readonly LocalNix[];
}

async function scene(t: TestContext, nix: NixInstallation): Promise<Scene> {
  const world = await NixWorld.create(nix, await tempDir(t));
  const { storeDir, dir } = world;
  const parse = (path: string): StorePath => parseStorePath(path, { storeDir });
  await mkdir(join(dir, 'src'));
  await writeFile(join(dir, 'src/file'), 'content\n');
  await writeFile(join(dir, 'texts.nix'), texts(7));
  await writeFile(
    join(dir, 'x.nix'),
    `let deps = import ./texts.nix; in derivation { name = "x?y=z"; system = builtins.currentSystem;
       inherit deps; src = ./src; outputs = [ "out" "doc" ]; builder = "/bin/sh";
       args = [ "-c" "echo $deps $src $out > $out; echo $out > $doc" ]; }`,
  );
  await world.run('nix-instantiate', ['--eval', '--strict', '--read-write-mode', 'texts.nix']);
  const drv = parse((await world.run('nix-instantiate', ['x.nix'])).trim());
  const built = (await world.run('nix-store', ['--realise', join(storeDir, drv)])).trim().split('\n');
  const fixed = (await world.run('nix-store', ['--add-fixed', 'sha256', join(dir, 'src/file')])).trim();
  const all = (await world.run('nix-store', ['-qR', ...built, fixed, join(storeDir, drv)]))
    .trim()
    .split('\n');

  const socket = join(dir, 'socket');
  const server = spawn(join(nix.binDir, 'nix-daemon'), [], {
    env: { ...world.env, NIX_DAEMON_SOCKET_PATH: socket },
    stdio: 'ignore',
  });
  t.after(async () => {
    server.kill();
    await once(server, 'exit');
  });
  for (let tries = 0; !existsSync(socket) && tries < 200; tries++) await sleep(25);

  // Signatures whose order the names of the keys make hard.
  const transport = nixDaemonCommand([join(nix.binDir, 'nix-daemon'), '--stdio'], { env: world.env });
  const filler = new NixDaemon({ transport, storeDir });
  const signed = parse(built[0] as string);
  const signers = ['b-1', 'a'].map((name) => createSigner(generateSecretKey(name)));
  const info = (await filler.queryPathInfo(signed)) as PathInfo;
  await filler.addSignatures(signed, (await signPathInfo(info, signers, { storeDir })).signatures);
  await filler.close();

  const env = { ...world.env, NIX_DAEMON_SOCKET_PATH: socket };
  const ways: LocalNix[] = [];
  for (const kind of KINDS) {
    const way = await localNix({ kinds: [kind], env, binDir: nix.binDir });
    t.after(() => way.close());
    assert.equal(way.kind, kind);
    assert.equal(way.nix.storeDir, storeDir);
    ways.push(way);
  }
  const auto = await localNix({ env });
  assert.equal(auto.kind, 'daemon');
  assert.deepEqual(auto.tried, []);
  await auto.close();
  return { world, paths: all.map(parse), drv, ways };
}

const byPath = (a: PathInfo, b: PathInfo): number => (a.storePath < b.storePath ? -1 : 1);

describe('the local Nix', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    const { version } = nix;

    it(`${version}: daemon, database and command line say the same`, async (t) => {
      const { paths, drv, ways, world } = await scene(t, nix);
      const missing = pathOf('missing');
      const wanted = [...paths, missing, pathOf('missing.drv')];
      const [daemon] = ways as [LocalNix];
      const known = await daemon.nix.pathInfos(wanted);
      const all = [...known.values()].filter((info) => info !== undefined);
      assert.ok(all.some((info) => info.signatures.length === 2));
      for (const method of ['text', 'nar', 'flat']) assert.ok(all.some((info) => info.ca?.method === method));
      assert.ok(all.some((info) => info.deriver === drv));
      assert.ok(all.some((info) => info.references.includes(info.storePath)));
      assert.ok(all.some((info) => info.references.length > 2));
      const outputs = await daemon.nix.outputs(drv);
      assert.equal(outputs.length, 2);
      const closure = (await daemon.nix.closure(outputs)).sort(byPath);
      assert.equal(closure.length, 43);
      for (const { nix: way, kind } of ways) {
        const store: LocalNixStore = way;
        assert.deepEqual(await store.pathInfos(wanted), known, kind);
        const ordered = await store.closure(outputs);
        const place = new Map(ordered.map(({ storePath }, at) => [storePath, at]));
        for (const [at, { references }] of ordered.entries())
          for (const reference of references) assert.ok((place.get(reference) as number) <= at);
        assert.deepEqual([...ordered].sort(byPath), closure, kind);
        assert.deepEqual(await store.outputs(drv), outputs, kind);
        await assert.rejects(store.closure([missing]), { code: 'ERR_MISSING_PATH' });
      }
      const [, { nix: database }] = ways as [unknown, Extract<LocalNix, { kind: 'database' }>];
      const { nix: client } = daemon as Extract<LocalNix, { kind: 'daemon' }>;
      assert.deepEqual(await database.queryAllValidPaths(), await client.queryAllValidPaths());
      assert.deepEqual(
        (await database.closure([drv])).sort(byPath),
        (await client.closure([drv])).sort(byPath),
      );
      for (const path of [...paths, missing]) {
        assert.equal(await database.isValidPath(path), path !== missing);
        assert.deepEqual(await database.queryPathInfo(path), known.get(path));
        assert.deepEqual(
          await database.queryReferrers(path),
          path === missing ? [] : await client.queryReferrers(path),
        );
        const found = await database.queryPathFromHashPart(hashPart(path));
        assert.equal(found, await client.queryPathFromHashPart(hashPart(path)));
      }
      await assert.rejects(database.outputs(missing), { code: 'ERR_MISSING_PATH' });
      assert.equal(world.storeDir, database.storeDir);
    });

    it(`${version}: whole answers from the database while Nix writes and deletes`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const { storeDir } = world;
      const expression = (from: number): string =>
        `let node = n: builtins.toFile "n\${toString n}" (if n == ${from} then "0" else "\${node (n - 1)}"); in node ${from + 25}`;
      const write = async (from: number): Promise<void> => {
        await world.run('nix-instantiate', ['--eval', '--read-write-mode', '--expr', expression(from)]);
      };
      await write(0);
      let writing = true;
      const writers = [1, 2].map(async (writer) => {
        for (let i = 0; i < 4; i++) await write(1000 * writer + 100 * i);
        if (writer === 1) await world.run('nix-store', ['--gc']);
        await write(1000 * writer + 500);
      });
      const done = Promise.all(writers).finally(() => {
        writing = false;
      });
      let answers = 0;
      let most = 0;
      while (writing) {
        // Opened again and again too, for Nix removes its files when the last of it ends.
        await using local = await localNix({ kinds: ['database'], env: world.env });
        const { nix: database } = local as Extract<LocalNix, { kind: 'database' }>;
        for (let i = 0; i < 10; i++) {
          const all = await database.queryAllValidPaths();
          const infos = await database.pathInfos(all);
          const valid = [...infos.values()].filter((info) => info !== undefined);
          const names = new Set(valid.map(({ storePath }) => storePath));
          for (const { storePath, references } of valid) {
            assert.equal(references.length, /-n\d+00$/.test(storePath) || storePath.endsWith('-n0') ? 0 : 1);
            for (const reference of references) assert.ok(names.has(reference));
          }
          most = Math.max(most, valid.length);
          answers++;
          await sleep(1);
        }
      }
      await done;
      assert.ok(answers > 20 && most > 26, `${answers} answers, at most ${most} paths`);
      assert.ok(existsSync(storeDir));
    });
  }
});
