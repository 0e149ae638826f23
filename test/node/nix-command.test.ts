import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { NixCommand } from 'narkit/node';
import { pathOf } from '../support/infos.ts';
import { NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

/** A `nix` that is a shell script: for what real ones do not do on request; all paths are valid. */
async function fakeNix(dir: string, script: string, storeScript = ':'): Promise<NixCommand> {
  await writeFile(join(dir, 'nix'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  await writeFile(join(dir, 'nix-store'), `#!/bin/sh\n${storeScript}\n`, { mode: 0o755 });
  return new NixCommand({ binDir: dir });
}

test('no Nix: UnsupportedError that says what to do', async (t) => {
  const nix = new NixCommand({ binDir: await tempDir(t) });
  await assert.rejects(nix.pathInfos([pathOf('a')]), { code: 'ERR_UNSUPPORTED', message: /nix.*binDir/ });
});

test('a command that fails: what it said, and with which status', async (t) => {
  const nix = await fakeNix(await tempDir(t), 'echo "error: the store is on fire" >&2; exit 7');
  await assert.rejects(nix.closure([pathOf('a')]), { code: 'ERR_NIX_COMMAND', message: /\(7\).*on fire/ });
});

test('output that is no path info: ParseError', async (t) => {
  const nix = await fakeNix(await tempDir(t), 'echo "warning: something"');
  await assert.rejects(nix.pathInfos([pathOf('a')]), { code: 'ERR_PARSE_PATH_INFO' });
});

test('a Nix that insists on --json-format gets it', async (t) => {
  const nix = await fakeNix(
    await tempDir(t),
    `case "$*" in
       *--json-format*) echo '{"version":2,"storeDir":"/nix/store","info":{"${pathOf('a')}":null}}';;
       *) echo "error: please specify '--json-format 2'" >&2; exit 1;;
     esac`,
  );
  assert.deepEqual([...(await nix.pathInfos([pathOf('a')]))], [[pathOf('a'), undefined]]);
});

test('many paths are asked for in batches that fit a command line', async (t) => {
  const dir = await tempDir(t);
  const nix = await fakeNix(
    dir,
    `echo "$#" >> ${dir}/calls
     first=1; printf '['
     for path; do case $path in /nix/store/*)
       [ $first = 1 ] || printf ','; first=0; printf '{"path":"%s","valid":false}' "$path";; esac; done
     echo ']'`,
    `echo "store $#" >> ${dir}/calls`,
  );
  const paths = Array.from({ length: 1001 }, (_, i) => pathOf(`p${i}`));
  assert.equal((await nix.pathInfos(paths)).size, 1001);
  const calls = (await readFile(join(dir, 'calls'), 'utf8')).trim().split('\n');
  assert.deepEqual(calls, ['store 402', 'store 402', 'store 203', '404', '404', '205']);
});

test('a path that is not valid is not asked for: that would go to the network', async (t) => {
  const nix = await fakeNix(await tempDir(t), 'echo "no" >&2; exit 1', `echo /nix/store/${pathOf('a')}`);
  assert.deepEqual([...(await nix.pathInfos([pathOf('a')]))], [[pathOf('a'), undefined]]);
  await assert.rejects(nix.closure([pathOf('a')]), { code: 'ERR_MISSING_PATH' });
});

test('an abort ends the command', async (t) => {
  const nix = new NixCommand({ binDir: await tempDir(t), signal: AbortSignal.abort(new Error('enough')) });
  await assert.rejects(nix.pathInfos([pathOf('a')]), /enough/);
});

const installations = nixInstallations();

test('real Nix: closure and outputs, though nix-command is not enabled', async (t) => {
  if (!need(t, 'nix', installations.length > 0, 'Nix')) return;
  for (const installation of installations) {
    const world = await NixWorld.create(installation, await tempDir(t));
    await world.configure({ 'experimental-features': '' });
    await writeFile(
      join(world.dir, 'x.nix'),
      `let dep = builtins.toFile "dep" "d"; in derivation { name = "x?y=z"; system = builtins.currentSystem; inherit dep;
         outputs = [ "out" "doc" ]; builder = "/bin/sh"; args = [ "-c" "echo $dep > $out; echo $out > $doc" ]; }`,
    );
    const drv = (await world.run('nix-instantiate', ['x.nix'])).trim();
    await world.run('nix-store', ['--realise', drv]);
    const { storeDir } = world;
    const env = Object.fromEntries(
      Object.entries(world.env).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])),
    );
    const nix = new NixCommand({ binDir: installation.binDir, storeDir, env });
    const drvPath = drv.slice(storeDir.length + 1) as Parameters<typeof nix.outputs>[0];
    const outputs = await nix.outputs(drvPath);
    assert.deepEqual(outputs.map((path) => path.slice(33)).sort(), ['x?y=z', 'x?y=z-doc']);
    const infos = await nix.closure(outputs);
    assert.deepEqual(
      infos.map((info) => info.storePath.slice(33)),
      ['dep', 'x?y=z', 'x?y=z-doc'],
    );
    assert.deepEqual(infos[2]?.references, [infos[1]?.storePath]);
    const invalid = pathOf('not-there');
    assert.equal((await nix.pathInfos([invalid])).get(invalid), undefined);
    await assert.rejects(nix.closure([invalid]), { code: 'ERR_MISSING_PATH', message: /not-there/ });
    const infosOfBoth = await nix.pathInfos([drvPath, pathOf('not-there.drv'), ...outputs]);
    assert.deepEqual(
      [...infosOfBoth.values()].map((info) => info?.ca?.method),
      ['text', undefined, undefined, undefined],
    );
    assert.deepEqual(
      (await nix.closure([drvPath])).map(({ storePath }) => storePath.slice(33)),
      ['dep', 'x?y=z.drv'],
    );
  }
});
