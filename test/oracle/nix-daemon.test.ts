/** The daemon client against real daemons of every version: over pipes and over a socket. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { collect, isNarkitError } from 'narkit';
import { hashBytes } from 'narkit/hash';
import { writeNar } from 'narkit/nar';
import { type PathInfo, signPathInfo } from 'narkit/narinfo';
import {
  dumpPath,
  NixCommand,
  NixDaemon,
  type NixDaemonEvent,
  type NixDaemonOptions,
  nixDaemonCommand,
  nixDaemonSocket,
} from 'narkit/node';
import { createSigner, generateSecretKey, printPublicKey } from 'narkit/signature';
import { hashPart, parseStorePath, printStorePath, type StorePath } from 'narkit/store-path';
import { pathOf, textObject } from '../support/infos.ts';
import { isAtLeast, type NixInstallation, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();

/** What there is in a world's store: a derivation with two outputs, a source tree, a text. */
interface Scene {
  readonly world: NixWorld;
  readonly storeDir: string;
  readonly drv: StorePath;
  readonly outputs: readonly StorePath[];
  readonly closure: readonly StorePath[];
  open(options?: NixDaemonOptions): NixDaemon;
}

async function scene(t: TestContext, nix: NixInstallation): Promise<Scene> {
  const dir = await tempDir(t);
  const world = await NixWorld.create(nix, join(dir, 'world'));
  const { storeDir } = world;
  await mkdir(join(dir, 'src/sub'), { recursive: true });
  await writeFile(join(dir, 'src/program'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(dir, 'src/sub/large'), new Uint8Array(1_000_001).fill(7));
  await writeFile(
    join(dir, 'x.nix'),
    `let dep = builtins.toFile "dep" "d"; in derivation { name = "x"; system = builtins.currentSystem; inherit dep;
       src = ${join(dir, 'src')}; outputs = [ "out" "doc" ]; builder = "/bin/sh";
       args = [ "-c" "echo built by hand >&2; echo $dep $src $out > $out; echo $out > $doc" ]; }`,
  );
  const parse = (path: string): StorePath => parseStorePath(path, { storeDir });
  const lines = (text: string): StorePath[] => text.trim().split('\n').map(parse);
  const [drv] = lines(await world.run('nix-instantiate', [join(dir, 'x.nix')]));
  assert.ok(drv);
  const outputs = lines(await world.run('nix-store', ['--realise', printStorePath(drv, storeDir)]));
  const full = outputs.map((path) => printStorePath(path, storeDir));
  const closure = lines(await world.run('nix-store', ['-qR', ...full]));
  const transport = nixDaemonCommand([join(nix.binDir, 'nix-daemon'), '--stdio'], { env: world.env });
  const open = (options: NixDaemonOptions = {}): NixDaemon => {
    const daemon = new NixDaemon({ transport, storeDir, timeoutMs: 20_000, ...options });
    t.after(() => daemon.close());
    return daemon;
  };
  // The one that refers to itself comes first.
  outputs.sort((a, b) => a.length - b.length);
  return { world, storeDir, drv, outputs, closure, open };
}

describe('the Nix daemon', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    const { version } = nix;

    it(`${version}: says what the command line says`, async (t) => {
      const { world, storeDir, drv, outputs, closure, open } = await scene(t, nix);
      const secretKey = generateSecretKey('test-1');
      const daemon = open();
      const { protocol, version: said, trusted } = await daemon.info();
      assert.equal(said, version);
      assert.equal(protocol, isAtLeast(nix, '2.24') ? '1.38' : '1.34');
      assert.equal(trusted, isAtLeast(nix, '2.15') ? true : undefined);

      // With a signature, a deriver, content addresses and references to itself among them.
      const [signed] = outputs as [StorePath];
      const info = (await daemon.queryPathInfo(signed)) as PathInfo;
      const { signatures } = await signPathInfo(info, [createSigner(secretKey)], { storeDir });
      await daemon.addSignatures(signed, signatures);

      const env = Object.fromEntries(
        Object.entries(world.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      );
      const command = new NixCommand({ binDir: nix.binDir, storeDir, env });
      const missing = pathOf('missing');
      const wanted = [...closure, drv, missing];
      const infos = await daemon.pathInfos(wanted);
      assert.deepEqual([...infos.keys()], wanted);
      const known = await command.pathInfos(wanted);
      for (const path of wanted) assert.deepEqual(infos.get(path), known.get(path), path);
      assert.equal(infos.get(missing), undefined);
      assert.equal(infos.get(signed)?.signatures.length, 1);
      assert.ok([...infos.values()].some((one) => one?.ca !== undefined));
      assert.ok([...infos.values()].some((one) => one?.deriver === drv));
      assert.ok(infos.get(signed)?.references.includes(signed));

      const byPath = (a: PathInfo, b: PathInfo): number => (a.storePath < b.storePath ? -1 : 1);
      const ours = await daemon.closure(outputs);
      const theirs = await command.closure(outputs);
      assert.deepEqual([...ours].sort(byPath), [...theirs].sort(byPath));
      const place = new Map(ours.map(({ storePath }, at) => [storePath, at]));
      for (const [at, { references }] of ours.entries())
        for (const reference of references) assert.ok((place.get(reference) as number) <= at);
      await assert.rejects(daemon.closure([missing]), { code: 'ERR_MISSING_PATH' });

      const query = async (...args: string[]): Promise<string[]> =>
        (await world.run('nix-store', ['--query', ...args])).trim().split('\n').sort();
      const full = (paths: readonly StorePath[]): string[] =>
        paths.map((path) => printStorePath(path, storeDir));
      assert.deepEqual(
        full(await daemon.queryReferrers(signed)),
        await query('--referrers', ...full([signed])),
      );
      const all = await daemon.queryAllValidPaths();
      for (const path of wanted) assert.equal(all.includes(path), path !== missing);
      assert.deepEqual(await daemon.queryValidPaths([missing, signed, signed]), [signed]);
      assert.deepEqual(await daemon.queryValidPaths([missing], { substitute: true }), []);
      assert.equal(await daemon.isValidPath(signed), true);
      assert.equal(await daemon.isValidPath(missing), false);
      assert.equal(await daemon.queryPathFromHashPart(hashPart(signed)), signed);
      assert.equal(await daemon.queryPathFromHashPart(hashPart(missing)), undefined);
      assert.deepEqual(await daemon.queryValidDerivers(signed), [drv]);
      const map = await daemon.queryDerivationOutputMap(drv);
      assert.deepEqual([...map.keys()].sort(), ['doc', 'out']);
      assert.deepEqual([...map.values()].sort(), [...outputs].sort());
      const nothing = await daemon.queryMissing([signed, { drvPath: drv }]);
      assert.deepEqual(nothing, {
        willBuild: [],
        willSubstitute: [],
        unknown: [],
        downloadSize: 0,
        narSize: 0,
      });
      const target = { drvPath: drv, outputs: ['doc'] };
      await world.run('nix-store', ['--delete', ...full(outputs)]);
      assert.deepEqual((await daemon.queryMissing([target])).willBuild, [drv]);
      assert.deepEqual((await daemon.queryMissing([missing])).unknown, [missing]);
      await assert.rejects(daemon.ensurePath(missing), { code: 'ERR_NIX_DAEMON', operation: 'EnsurePath' });
      await daemon.buildPaths([target]);
      assert.equal(await daemon.isValidPath(map.get('doc') as StorePath), true);
      await daemon.ensurePath(signed);
    });

    it(`${version}: NARs out and in again are the same bytes`, async (t) => {
      const { storeDir, closure, open } = await scene(t, nix);
      const other = await NixWorld.create(nix, await tempDir(t));
      // The same store directory with another database: nothing is valid there yet.
      const env = { ...other.env, NIX_STORE_DIR: storeDir };
      const transport = nixDaemonCommand([join(nix.binDir, 'nix-daemon'), '--stdio'], { env });
      const daemon = open({ connections: 1 });
      const target = open({ transport, connections: 1 });
      const infos = await daemon.closure(closure);
      const nars = new Map<StorePath, Uint8Array>();
      for (const { storePath, narHash } of infos) {
        const nar = await collect(await daemon.narFromPath(storePath));
        assert.deepEqual(hashBytes('sha256', nar), narHash);
        const dumped = await collect(writeNar(dumpPath(printStorePath(storePath, storeDir))));
        assert.ok(Buffer.from(nar).equals(dumped));
        nars.set(storePath, nar);
      }
      await assert.rejects(daemon.narFromPath(pathOf('missing')), { code: 'ERR_MISSING_PATH' });
      const stream = await daemon.narFromPath(infos[0]?.storePath as StorePath);
      await stream.cancel();
      assert.equal((await daemon.pathInfos(closure)).size, closure.length, 'a stream given up costs no more');

      const [first, ...rest] = infos as [PathInfo, ...PathInfo[]];
      await target.addToStoreNar(first, nars.get(first.storePath) as Uint8Array, {
        checkSigs: false,
        registrationTime: 1,
      });
      await target.addMultipleToStore(
        rest.map((info) => ({ info, nar: () => nars.get(info.storePath) as Uint8Array })),
        { checkSigs: false },
      );
      for (const info of infos) {
        assert.deepEqual(await target.queryPathInfo(info.storePath), info);
        const nar = await collect(await target.narFromPath(info.storePath));
        assert.ok(Buffer.from(nar).equals(nars.get(info.storePath) as Uint8Array));
      }
    });

    it(`${version}: refuses what is wrong, over and over, on one connection`, async (t) => {
      const { storeDir, open, world } = await scene(t, nix);
      await world.configure({ 'require-sigs': 'true' });
      const { info, nar } = await textObject('refused', 'some text that is long enough');
      for (const protocolMinor of [38, 22]) {
        let opened = 0;
        const command = nixDaemonCommand([join(nix.binDir, 'nix-daemon'), '--stdio'], { env: world.env });
        const transport: typeof command = () => {
          opened++;
          return command();
        };
        const daemon = open({ transport, connections: 1, protocolMinor });
        const refused = async (
          bytes: Uint8Array | AsyncIterable<Uint8Array>,
          message: RegExp,
        ): Promise<void> => {
          await assert.rejects(daemon.addToStoreNar(info, bytes, { checkSigs: false }), (err) => {
            assert.ok(isNarkitError(err, 'ERR_NIX_DAEMON'), String(err));
            assert.match(err.message, message);
            assert.ok(!err.message.includes('\u001B'), 'no colours');
            return true;
          });
          assert.equal(await daemon.queryPathInfo(info.storePath), undefined);
        };
        for (let round = 0; round < 20; round++) {
          await refused(
            nar.map((byte, at) => (at === 100 ? byte ^ 1 : byte)),
            /hash mismatch/,
          );
          await refused(nar.subarray(0, 7 * round), /end|archive/);
          await refused(new Uint8Array(300_000 + round).fill(1), /archive|too long|expected/);
        }
        const broken = async function* (): AsyncGenerator<Uint8Array> {
          yield nar.subarray(0, 50);
          throw new Error('the disk is gone');
        };
        await assert.rejects(daemon.addToStoreNar(info, broken(), { checkSigs: false }), /the disk is gone/);
        await assert.rejects(daemon.addToStoreNar(info, nar), {
          code: 'ERR_NIX_DAEMON',
          message: /signature/,
        });
        await assert.rejects(
          daemon.addToStoreNar({ ...info, references: [pathOf('missing')] }, nar, { checkSigs: false }),
          { code: 'ERR_NIX_DAEMON' },
        );
        if (protocolMinor > 32) {
          const objects = [{ info, nar: nar.subarray(8) }];
          const short = daemon.addMultipleToStore(objects, { checkSigs: false });
          await assert.rejects(short, { code: 'ERR_SIZE_MISMATCH' });
        }
        assert.equal(opened, 1);
      }
      // A signature by a key that the daemon trusts is enough.
      const secretKey = generateSecretKey('test-1');
      const signer = createSigner(secretKey);
      await world.configure({ 'trusted-public-keys': printPublicKey(signer.publicKey) });
      await open().addToStoreNar(await signPathInfo(info, [signer], { storeDir }), nar);
    });

    it(`${version}: content-addressed objects, logs, roots and events`, async (t) => {
      const { drv, storeDir, open, world, outputs } = await scene(t, nix);
      const events: NixDaemonEvent[] = [];
      const daemon = open({
        onLog: (event) => events.push(event),
        verbosity: 3,
        settings: { 'max-jobs': '2' },
      });
      const bytes = new TextEncoder().encode('hello\n');
      const file = join(world.dir, 'hello.txt');
      await writeFile(file, bytes);
      const flat = await daemon.addToStore({ name: 'hello.txt', method: 'flat' }, bytes);
      const [added] = (await world.run('nix-store', ['--add-fixed', 'sha256', file])).trim().split('\n');
      assert.equal(printStorePath(flat.storePath, storeDir), added);
      assert.deepEqual(await daemon.queryPathInfo(flat.storePath), flat);
      const nar = writeNar(dumpPath(file));
      const tree = await daemon.addToStore({ name: 'hello.txt', method: 'nar' }, nar);
      assert.equal(
        printStorePath(tree.storePath, storeDir),
        (await world.run('nix-store', ['--add', file])).trim(),
      );
      const references = [flat.storePath];
      const text = await daemon.addToStore({ name: 'refers', method: 'text', references }, bytes);
      assert.deepEqual([text.references, text.ca?.method], [references, 'text']);

      await daemon.addBuildLog(drv, new TextEncoder().encode('all went well\n'));
      assert.ok(existsSync(join(world.dir, 'log/drvs', drv.slice(0, 2))));

      await daemon.addTempRoot(flat.storePath);
      await daemon.addTempRoot(outputs[0] as StorePath);
      await world.run('nix-store', ['--gc']);
      assert.equal(await daemon.isValidPath(flat.storePath), true);
      await daemon.close();
      await world.run('nix-store', ['--gc']);
      assert.equal(await open().isValidPath(flat.storePath), false);
      await assert.rejects(daemon.isValidPath(flat.storePath), TypeError);

      await writeFile(
        join(world.dir, 'y.nix'),
        `derivation { name = "y"; system = builtins.currentSystem;
        builder = "/bin/sh"; args = [ "-c" "echo built by hand >&2; echo > $out" ]; }`,
      );
      const other = parseStorePath((await world.run('nix-instantiate', ['y.nix'])).trim(), { storeDir });
      const builder = open({ onLog: (event) => events.push(event), verbosity: 3 });
      await builder.buildPaths([{ drvPath: other }]);
      const build = events.find((event) => event.type === 'start' && event.activity === 105);
      assert.ok(build?.type === 'start' && build.fields.includes(printStorePath(other, storeDir)));
      const line = events.find((event) => event.type === 'result' && event.result === 101);
      assert.deepEqual(line, { type: 'result', id: build.id, result: 101, fields: ['built by hand'] });
      assert.ok(events.some((event) => event.type === 'stop' && event.id === build.id));
    });

    it(`${version}: a thousand questions over two connections of a socket`, async (t) => {
      const { world, closure, open } = await scene(t, nix);
      const path = join(world.dir, 'socket');
      const server = spawn(join(nix.binDir, 'nix-daemon'), [], {
        env: { ...world.env, NIX_DAEMON_SOCKET_PATH: path },
        stdio: 'ignore',
      });
      t.after(async () => {
        server.kill();
        await once(server, 'exit');
      });
      for (let tries = 0; !existsSync(path) && tries < 200; tries++) await sleep(25);
      let opened = 0;
      const socket = nixDaemonSocket(path);
      const transport: typeof socket = () => {
        opened++;
        return socket();
      };
      const daemon = open({ transport, connections: 2 });
      const answers = await Promise.all(
        Array.from({ length: 1000 }, (_, i) =>
          daemon.queryPathInfo(closure[i % closure.length] as StorePath),
        ),
      );
      for (const [i, info] of answers.entries()) assert.equal(info?.storePath, closure[i % closure.length]);
      assert.equal(opened, 2);
      await daemon.close();
    });
  }
});
