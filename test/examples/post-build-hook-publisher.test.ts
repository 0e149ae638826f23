/** Targets of the hook over real Nix stores: what is uploaded, what is left out, and that Nix can use it. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { generateSecretKey, printPublicKey, printSecretKey, toPublicKey } from 'narkit/signature';
import { parseStorePath, pathName, type StorePath } from 'narkit/store-path';
import { readConfig } from '../../examples/post-build-hook/config.ts';
import { matchesName } from '../../examples/post-build-hook/name-pattern.ts';
import {
  type Built,
  isTargetDown,
  openPublisher,
  type Published,
  type TargetPublisher,
} from '../../examples/post-build-hook/publisher.ts';
import { NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

/** `tool` is needed to build `example` only, `dep` also to use it; `dev` refers to `out`. */
const EXPRESSION = `
let
  drv = args: derivation ({ system = builtins.currentSystem; builder = "/bin/sh"; } // args);
  tool = drv { name = "tool"; args = [ "-c" "echo tool > $out" ]; };
  dep = drv { name = "dep"; args = [ "-c" "/usr/bin/head -c 5000 /dev/zero > $out" ]; };
in drv {
  name = "example"; outputs = [ "out" "dev" ]; inherit tool dep; src = ./source.txt;
  args = [ "-c" "echo building an example; echo $dep > $out; echo $out > $dev" ];
}`;

interface Scene {
  readonly world: NixWorld;
  readonly cache: string;
  readonly drvPath: StorePath;
  readonly out: StorePath;
  readonly dev: StorePath;
  readonly both: readonly Built[];
  open(settings: string): Promise<TargetPublisher>;
  publish(settings: string, built?: readonly Built[]): Promise<Published>;
  /** Names of the paths that have a narinfo. */
  names(): Promise<string[]>;
}

async function scene(t: TestContext, nix = installations.at(-1), conf = {}): Promise<Scene> {
  assert.ok(nix);
  const world = await NixWorld.create(nix, await tempDir(t));
  const { dir, storeDir, env } = world;
  await world.configure(conf);
  await writeFile(join(dir, 'source.txt'), 'a source\n');
  await writeFile(join(dir, 'default.nix'), EXPRESSION);
  const drv = (await world.run('nix-instantiate', ['default.nix'])).trim();
  await world.run('nix-store', ['--realise', drv]);
  const parse = (path: string): StorePath => parseStorePath(path.trim(), { storeDir });
  const drvPath = parse(drv);
  const [dev = assert.fail(), out = assert.fail()] = (await world.run('nix-store', ['-q', '--outputs', drv]))
    .trim()
    .split('\n')
    .map(parse)
    .sort((a, b) => pathName(b).length - pathName(a).length);
  const cache = join(dir, 'cache');
  const open = async (settings: string): Promise<TargetPublisher> => {
    const file = join(dir, 'hook.conf');
    await writeFile(file, `cache = file://${cache}\nallow-unsigned = true\n${settings}`);
    const [target = assert.fail()] = (await readConfig(file)).targets;
    const publisher = await openPublisher(target, { storeDir, nixBinDir: nix.binDir, env });
    t.after(() => publisher[Symbol.asyncDispose]());
    return publisher;
  };
  const both = [out, dev].map((path) => ({ path, drvPath }));
  return {
    world,
    cache,
    drvPath,
    out,
    dev,
    both,
    open,
    publish: async (settings, built = both) => await (await open(settings)).publish(built),
    names: async () => {
      const files = (await readdir(cache)).filter((name) => name.endsWith('.narinfo'));
      const texts = await Promise.all(files.map((name) => readFile(join(cache, name), 'utf8')));
      return texts.map((text) => pathName(parse(/^StorePath: (.*)$/m.exec(text)?.[1] ?? ''))).sort();
    },
  };
}

const installations = nixInstallations();
const reasons = ({ skipped }: Published): string[] =>
  skipped.map(({ path, reason }) => `${pathName(path)}: ${reason}`).sort();
const newKey = () => {
  const key = generateSecretKey('some-1');
  return { secret: printSecretKey(key), public: printPublicKey(toPublicKey(key)) };
};

describe('a target', { skip: installations.length === 0 && 'no Nix' }, () => {
  it('gets the closure of what was built, and no more', async (t) => {
    const { publish, names } = await scene(t);
    const { receipts, skipped, notes } = await publish('');
    assert.deepEqual(await names(), ['dep', 'example', 'example-dev']);
    assert.deepEqual([...new Set(receipts.map(({ outcome }) => outcome))], ['uploaded']);
    assert.deepEqual([skipped, notes], [[], []]);
  });

  it('is spared names, and the path that refers to them is published all the same', async (t) => {
    const { publish, names } = await scene(t);
    const published = await publish('exclude-names = d?p other*\n');
    assert.deepEqual(await names(), ['example', 'example-dev']);
    assert.deepEqual(reasons(published), ["dep: its name matches exclude-names 'd?p'"]);
  });

  it('gets only names that are included', async (t) => {
    const { publish, names } = await scene(t);
    const published = await publish('include-names = *-dev dep\nexclude-names = dep\n');
    assert.deepEqual(await names(), ['example-dev']);
    assert.equal(reasons(published).length, 2);
  });

  it('is spared what is too large', async (t) => {
    const { publish, names } = await scene(t);
    assert.match(reasons(await publish('max-nar-size = 4K\n')).join(), /^dep: its NAR has 5\d\d\d bytes/);
    assert.deepEqual(await names(), ['example', 'example-dev']);
  });

  it('gets only the outputs that are asked for, and what they refer to', async (t) => {
    const { publish, names, both } = await scene(t);
    assert.deepEqual(reasons(await publish('outputs = out\n')), [
      "example-dev: its output 'dev' is not among outputs",
    ]);
    assert.deepEqual(await names(), ['dep', 'example']);
    const later = await publish('outputs = dev lib\n');
    assert.deepEqual(later.skipped, [], 'out is left out for itself, but dev refers to it');
    assert.deepEqual(await names(), ['dep', 'example', 'example-dev']);
    const anonymous = both.map(({ path }) => ({ path, drvPath: undefined }));
    assert.deepEqual(
      reasons(await publish('outputs = out\n', anonymous)).length,
      1,
      'the store knows the deriver',
    );
  });

  it('is spared what a key has signed, but not what the own one has', async (t) => {
    const key = newKey();
    const dir = await tempDir(t);
    await writeFile(join(dir, 'secret'), key.secret, { mode: 0o600 });
    const conf = { 'secret-key-files': join(dir, 'secret'), 'trusted-public-keys': key.public };
    const { publish, names } = await scene(t, undefined, conf);
    assert.equal(
      (await publish(`skip-signed-by = ${newKey().public}\nexclude-names = *\n`)).receipts.length,
      0,
    );
    assert.deepEqual(reasons(await publish(`skip-signed-by = ${key.public}\n`)), [
      'dep: signed by some-1',
      'example-dev: signed by some-1',
      'example: signed by some-1',
    ]);
    await publish(`skip-signed-by = ${key.public}\nsecret-key-files = ${dir}/secret\nexclude-names = dep\n`);
    assert.deepEqual(await names(), ['example', 'example-dev'], 'the target signs with it');
    await publish('skip-signed-by = substituters\n');
    assert.deepEqual(await names(), ['dep', 'example', 'example-dev'], 'Nix signs with it');
    await writeFile(join(dir, 'secret'), 'no key');
    await assert.rejects(publish('skip-signed-by = substituters\n'), /cannot tell which/);
  });

  it('is spared what an upstream has, if its signature is trusted', async (t) => {
    const key = newKey();
    const { publish, world, out } = await scene(t);
    const dir = await tempDir(t);
    await writeFile(join(dir, 'secret'), key.secret, { mode: 0o600 });
    const upstream = `file://${dir}/upstream`;
    // All but `dev`.
    await publish(`[upstream]\ncache = ${upstream}\nsecret-key-files = ${dir}/secret\n`, [
      { path: out, drvPath: undefined },
    ]);
    const to = (name: string, from: string): string =>
      `upstream = ${from}\n[x]\ncache = file://${dir}/${name}\n`;
    assert.equal((await publish(to('a', upstream))).receipts.length, 3, 'nobody trusts that key');
    await world.configure({ 'trusted-public-keys': key.public });
    const trusted = await publish(to('b', upstream));
    assert.deepEqual(reasons(trusted), [`dep: it is in ${upstream}`, `example: it is in ${upstream}`]);
    assert.equal(trusted.receipts.length, 1);
    assert.deepEqual((await publish(to('a', upstream))).skipped, [], 'what the target has is not asked for');

    const { receipts, notes = [] } = await publish(to('c', `http://127.0.0.1:9 ${upstream}`));
    assert.equal(receipts.length, 1, 'an upstream that is down is as one that has nothing');
    assert.match(notes.join('\n'), /^upstream http:\/\/127\.0\.0\.1:9 is not asked: .*$/);
  });

  it('takes a path that has gone for done if it has it, and only then', async (t) => {
    const { publish, world, both, out, dev } = await scene(t);
    await publish('', [{ path: out, drvPath: undefined }]);
    await world.run('nix-store', ['--delete', ...[dev, out].map((path) => join(world.storeDir, path))]);
    const { receipts } = await publish('', both.slice(0, 1));
    assert.deepEqual(
      receipts.map(({ storePath, outcome }) => [storePath, outcome]),
      [[out, 'present']],
    );
    await assert.rejects(publish('', both), (error) => {
      assert.match(String(error), /-example-dev is not valid .* deleted before/);
      assert.equal((error as { code?: string }).code, 'ERR_MISSING_PATH');
      return !isTargetDown(error);
    });
    const left = await publish('exclude-names = *-dev\n', both);
    assert.equal(left.skipped.length, 1, 'what is left out by its name may go');
  });

  it('reads its keys anew when they change, and keeps them when they are bad', async (t) => {
    const { world, open, both, cache } = await scene(t);
    const file = join(world.dir, 'key');
    const keys = [generateSecretKey('one-1'), generateSecretKey('two-1')] as const;
    await writeFile(file, printSecretKey(keys[0]), { mode: 0o600 });
    const publisher = await open(`secret-key-files = ${file}\n`);
    assert.equal(await publisher.reload(), false);
    await writeFile(file, 'nonsense');
    await assert.rejects(publisher.reload(), /key/);
    await publisher.publish(both.slice(0, 1));
    await writeFile(file, printSecretKey(keys[1]));
    assert.equal(await publisher.reload(), true);
    assert.equal(await publisher.reload(), false);
    await publisher.publish(both.slice(1));
    const signers = async ({ path }: Built): Promise<string[]> =>
      [
        ...(await readFile(join(cache, `${path.slice(0, 32)}.narinfo`), 'utf8')).matchAll(/^Sig: (.*):/gm),
      ].map(([, name = '']) => name);
    assert.deepEqual(await Promise.all(both.map(signers)), [['one-1', 'two-1'], ['two-1']]);
  });

  it('heeds the signal, before and in the middle', async (t) => {
    const { open, both, cache } = await scene(t);
    const publisher = await open('');
    const reason = new Error('enough');
    await assert.rejects(publisher.publish(both, { signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    const onEvent = ({ type }: { type: string }): void => {
      if (type === 'progress') controller.abort(reason);
    };
    await assert.rejects(publisher.publish(both, { signal: controller.signal, onEvent }), reason);
    assert.deepEqual(
      (await readdir(cache)).filter((name) => name.endsWith('.narinfo')),
      [],
    );
    assert.equal((await publisher.publish(both)).receipts.length, 3);
  });
});

describe('what belongs to a build', () => {
  it('has a Nix to be built with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: derivation, inputs and log, as Nix reads them`, async (t) => {
      const { world, publish, names, cache, drvPath, both } = await scene(t, nix);
      const from = ['--store', `file://${cache}`];
      const drv = join(world.storeDir, drvPath);
      const log = async (): Promise<string> => (await world.run('nix', ['log', ...from, drv])).trim();

      await publish('upload-log = true\n');
      assert.deepEqual(await readdir(join(cache, 'log')), [drvPath]);
      assert.deepEqual(await names(), ['dep', 'example', 'example-dev']);

      await publish('build-closure = true\n');
      assert.deepEqual(await names(), ['dep', 'example', 'example-dev', 'source.txt', 'tool']);

      await publish('upload-derivation = true\n');
      const closure = await world.run('nix', ['path-info', ...from, '--recursive', '--derivation', drv]);
      const found = closure
        .trim()
        .split('\n')
        .map((line) => line.slice(world.storeDir.length + 34));
      assert.deepEqual(found.sort(), ['dep.drv', 'example.drv', 'source.txt', 'tool.drv']);
      // Nix 2.8 reads logs only of derivations that the cache has.
      await rm(join(world.dir, 'log'), { recursive: true });
      assert.equal(await log(), 'building an example');

      const file = join(world.dir, 'log/drvs', drvPath.slice(0, 2), drvPath.slice(2));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.bz2`, 'not bzip2 at all');
      const dir = await tempDir(t);
      const spoilt = await publish(`upload-log = true\n[x]\ncache = file://${dir}/x\n`, both);
      assert.match(spoilt.notes?.join() ?? '', /^no log of .*-example\.drv: /);
      assert.equal(spoilt.receipts.length, 3);
    });
  }
});

it('patterns match whole names, in no time', () => {
  const cases: readonly [string, string, boolean][] = [
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a', 'ab', false],
    ['?', 'a', true],
    ['?', '', false],
    ['*-src', 'x-src-src', true],
    ['a*b*c', 'a1b2b3c', true],
    ['a*b*c', 'a1b2b3d', false],
    ['a.c', 'abc', false],
    ['**a', 'ba', true],
  ];
  for (const [pattern, name, expected] of cases) assert.equal(matchesName(pattern, name), expected, pattern);
  const started = performance.now();
  assert.equal(matchesName(`${'*a'.repeat(100)}b`, 'a'.repeat(211)), false);
  assert.ok(performance.now() - started < 200);
});
