/**
 * The units, and the NixOS module, whose unit is the same one.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readConfig } from '../../../examples/post-build-hook/config.ts';
import { readHookConfig } from '../../../examples/post-build-hook/queued/hook/hook-config.ts';
import { nixInstallations } from '../../support/nix.ts';
import { need } from '../../support/require.ts';
import { tempDir } from '../../support/temp.ts';

const queued = join(import.meta.dirname, '../../../examples/post-build-hook/queued');
const unit = join(queued, 'systemd/nix-upload-queue.service');

/** Assignments of a section, in their order. */
async function section(name: string): Promise<[string, string][]> {
  const text = (await readFile(unit, 'utf8')).split(/^\[(\w+)\]$/m);
  const body = text[text.indexOf(name) + 1] ?? '';
  return [...body.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]);
}

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

describe('the unit', () => {
  it('is one that systemd takes, and leaves little open', async (t) => {
    if (!has('systemd-analyze')) return t.skip('systemd-analyze is not available');
    const dir = await tempDir(t);
    const copy = join(dir, 'nix-upload-queue.service');
    const program = join(dir, 'upload-queue');
    await writeFile(program, '#!/bin/sh\n', { mode: 0o755 });
    // systemd wants to see the program.
    await writeFile(
      copy,
      (await readFile(unit, 'utf8')).replaceAll(/=\+?\/etc\/nix\/upload-queue/g, `=${program}`),
    );
    const verify = spawnSync('systemd-analyze', ['verify', '--man=no', copy], { encoding: 'utf8' });
    // Of units of this machine it may complain too.
    const ours = verify.stderr.split('\n').filter((line) => line.includes('nix-upload-queue'));
    assert.deepEqual(ours, []);
    const security = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=15', copy], {
      encoding: 'utf8',
    });
    assert.equal(security.status, 0, security.stdout.slice(-200));
  });

  it('ends later than the service, which ends by itself', async (t) => {
    const [, seconds] = /^TimeoutStopSec=(\d+)s$/m.exec(await readFile(unit, 'utf8')) ?? [];
    const file = join(await tempDir(t), 'upload-queue.conf');
    await writeFile(file, 'cache = file:///c\n');
    assert.ok(Number(seconds) * 1000 > (await readConfig(file)).queue.stopTimeoutMs + 5000);
  });

  it('may write where the settings put things, and so does tmpfiles', async (t) => {
    const file = join(await tempDir(t), 'upload-queue.conf');
    await writeFile(file, 'cache = file:///c\n');
    const { queue } = await readConfig(file);
    const service = new Map(await section('Service'));
    assert.equal(service.get('ReadWritePaths'), `${queue.queueDir} ${queue.gcRootsDir}`);
    const tmpfiles = await readFile(join(queued, 'systemd/nix-upload-queue.tmpfiles.conf'), 'utf8');
    const lines = tmpfiles.split('\n').filter((line) => /^[^#]/.test(line));
    const expected = [queue.queueDir, queue.gcRootsDir].map((path) => `d ${path} 2750 root nix-upload -`);
    assert.deepEqual(
      lines.map((line) => line.replaceAll(/\s+/g, ' ')),
      expected,
    );
  });

  it('lets the queue see other processes, and Node.js compile', async () => {
    const keys = (await section('Service')).map(([key]) => key);
    for (const harmful of [
      'ProtectProc',
      'ProcSubset',
      'MemoryDenyWriteExecute',
      'DynamicUser',
      'PrivatePIDs',
    ])
      assert.ok(!keys.includes(harmful), harmful);
  });

  it('its user is one that systemd-sysusers takes', async (t) => {
    if (!has('systemd-sysusers')) return t.skip('systemd-sysusers is not available');
    const root = await tempDir(t);
    await mkdir(join(root, 'etc'));
    const file = join(queued, 'systemd/nix-upload-queue.sysusers.conf');
    const run = spawnSync('systemd-sysusers', [`--root=${root}`, file], { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    assert.match(await readFile(join(root, 'etc/passwd'), 'utf8'), /^nix-upload:/m);
    assert.match(await readFile(join(root, 'etc/group'), 'utf8'), /^nix-upload:/m);
  });
});

/**
 * As much of nixpkgs' lib as the module uses, under its names; whatever else it used would be missing here,
 * and so in the test. Options become their defaults, with what the user sets over them.
 */
const EVALUATE = `
{ module, user }:
let
  types = builtins.listToAttrs (map (name: { inherit name; value = { inherit name; }; })
    [ "bool" "int" "str" "path" "package" ])
    // builtins.listToAttrs (map (name: { inherit name; value = of: { inherit name of; }; })
    [ "nullOr" "oneOf" "listOf" "attrsOf" "enum" ])
    // { either = a: b: { name = "oneOf"; of = [ a b ]; }; };
  lib = {
    inherit types;
    inherit (builtins) concatStringsSep;
    boolToString = b: if b then "true" else "false";
    concatStrings = builtins.concatStringsSep "";
    filterAttrs = keep: set: builtins.listToAttrs (builtins.concatMap
      (name: if keep name set.\${name} then [ { inherit name; value = set.\${name}; } ] else [ ])
      (builtins.attrNames set));
    mapAttrsToList = f: set: map (name: f name set.\${name}) (builtins.attrNames set);
    mkEnableOption = what: { _type = "option"; type = types.bool; default = false; description = "Whether to enable " + what; };
    mkOption = option: option // { _type = "option"; };
    mkIf = condition: content: if condition then content else { };
    optionalAttrs = condition: set: if condition then set else { };
  };
  check = type: value: {
    bool = builtins.isBool value;
    int = builtins.isInt value;
    str = builtins.isString value;
    path = builtins.isString value || builtins.isPath value;
    package = builtins.isAttrs value;
    nullOr = value == null || check type.of value;
    oneOf = builtins.any (one: check one value) type.of;
    listOf = builtins.isList value && builtins.all (check type.of) value;
    attrsOf = builtins.isAttrs value && builtins.all (name: check type.of value.\${name}) (builtins.attrNames value);
    enum = builtins.elem value type.of;
  }.\${type.name};
  evaluated = import module { inherit lib; config.services.nix-upload-queue = settings; };
  options = evaluated.options.services.nix-upload-queue;
  settings = builtins.mapAttrs (name: option:
    let value = user.\${name} or (option.default or (throw "option \${name} is needed")); in
    if check option.type value then value else throw "option \${name} is of another type") options;
  unknown = builtins.filter (name: !(options ? \${name})) (builtins.attrNames user);
in
if unknown != [ ] then throw "unknown options \${toString unknown}" else
if builtins.any (name: !(options.\${name} ? description)) (builtins.attrNames options) then throw "no description" else
builtins.toJSON evaluated.config
`;

interface System {
  readonly assertions: { assertion: boolean; message: string }[];
  readonly nix: { settings: Record<string, string> };
  readonly environment: { etc: Record<string, { text?: string; source?: string }> };
  readonly users: {
    users: Record<string, { group: string; isSystemUser: boolean }>;
    groups: Record<string, object>;
  };
  readonly systemd: {
    tmpfiles: { rules: string[] };
    services: Record<string, { serviceConfig: Record<string, unknown>; [key: string]: unknown }>;
  };
}

describe('the NixOS module', () => {
  const user = `{
    enable = true;
    package = "/pkg";
    secretKeyFiles.cache-key = "/etc/nix/key.private";
    listen = "127.0.0.1:9180";
    settings = { batch = 16; retry-max = "1h"; };
    hookSettings = { strict = true; tags = [ "ci" "x86" ]; };
    targets.main = { cache = "s3://bucket?region=r"; compression = "zstd"; upload-log = true; exclude-names = [ "*-doc" "x" ]; concurrency = null; };
    targets.offsite.cache = "https://cache.example.org";
  }`;

  it('is there a Nix to evaluate it', (t) => {
    need(t, 'nix', nixInstallations().length > 0, 'Nix');
  });

  for (const nix of nixInstallations()) {
    describe(`with Nix ${nix.version}`, () => {
      const evaluate = async (
        t: { after(work: () => void): void },
        settings: string,
      ): Promise<System | string> => {
        const dir = await tempDir(t);
        const file = join(dir, 'evaluate.nix');
        await writeFile(
          file,
          `(${EVALUATE}) { module = ${join(queued, 'nixos-module.nix')}; user = ${settings}; }`,
        );
        const run = spawnSync(join(nix.binDir, 'nix-instantiate'), ['--eval', '--strict', '--json', file], {
          encoding: 'utf8',
          env: {
            ...process.env,
            NIX_STATE_DIR: join(dir, 'var'),
            NIX_STORE_DIR: join(dir, 'store'),
            NIX_REMOTE: '',
          },
        });
        return run.status === 0 ? JSON.parse(JSON.parse(run.stdout)) : run.stderr;
      };
      const system = async (t: { after(work: () => void): void }, settings: string): Promise<System> => {
        const result = await evaluate(t, settings);
        assert.ok(typeof result !== 'string', String(result));
        return result;
      };

      it('writes files that the programs read', async (t) => {
        const { environment, nix: nixSettings } = await system(t, user);
        assert.equal(nixSettings.settings['post-build-hook'], '/etc/nix/enqueue-upload');
        assert.equal(environment.etc['nix/enqueue-upload']?.source, '/pkg/bin/enqueue-upload.sh');
        const dir = await tempDir(t);
        for (const name of ['upload-queue.conf', 'enqueue-upload.conf'])
          await writeFile(join(dir, name), environment.etc[`nix/${name}`]?.text ?? '');
        const { targets, queue } = await readConfig(join(dir, 'upload-queue.conf'));
        assert.deepEqual(
          targets.map(({ name, secretKeyFiles, uploadLog }) => [name, secretKeyFiles, uploadLog]),
          [
            ['main', ['/run/credentials/nix-upload-queue.service/cache-key'], true],
            ['offsite', ['/run/credentials/nix-upload-queue.service/cache-key'], false],
          ],
        );
        assert.match(targets[0]?.cacheUrl('/nix/store') ?? '', /^s3:\/\/bucket\?region=r&compression=zstd/);
        assert.deepEqual(
          [queue.batch, queue.retryMaxMs, queue.listen, queue.queueDir, queue.gcRootsDir],
          [
            16,
            3_600_000,
            { host: '127.0.0.1', port: 9180 },
            '/var/spool/nix-upload',
            '/nix/var/nix/gcroots/nix-upload',
          ],
        );
        const hook = await readHookConfig(join(dir, 'enqueue-upload.conf'));
        assert.deepEqual(hook, {
          queueDir: queue.queueDir,
          gcRootsDir: queue.gcRootsDir,
          strict: true,
          tags: ['ci', 'x86'],
          problems: [],
        });
      });

      it('has the unit of the directory systemd', async (t) => {
        const { systemd, users } = await system(t, user);
        const { serviceConfig, ...rest } = systemd.services['nix-upload-queue'] ?? { serviceConfig: {} };
        const text = (value: unknown): string[] =>
          [value].flat().map((one) => (one === true ? 'yes' : String(one)));
        const mine = Object.entries(serviceConfig).flatMap(([key, value]) =>
          // Lists that are one line there.
          ['ReadWritePaths', 'RestrictAddressFamilies'].includes(key)
            ? [`${key}=${text(value).join(' ')}`]
            : text(value).map((one) => `${key}=${one}`),
        );
        const there = (await section('Service')).map(([key, value]) => `${key}=${value}`);
        const bin = (line: string): string =>
          line
            .replace('/etc/nix/upload-queue ', '/pkg/bin/upload-queue ')
            .replace('/bin/kill', '/run/current-system/sw/bin/kill');
        assert.deepEqual(mine.sort(), there.map(bin).sort());
        const words = new Map(await section('Unit'));
        assert.deepEqual((rest['after'] as string[]).join(' '), words.get('After'));
        assert.deepEqual((rest['wants'] as string[]).join(' '), words.get('Wants'));
        assert.deepEqual(users.users['nix-upload']?.group, 'nix-upload');
        assert.deepEqual(Object.keys(users.groups), ['nix-upload']);
        assert.deepEqual(systemd.tmpfiles.rules, [
          'd /var/spool/nix-upload 2750 root nix-upload -',
          'd /nix/var/nix/gcroots/nix-upload 2750 root nix-upload -',
        ]);
      });

      it('takes other places, a group, the other hook, and credentials', async (t) => {
        const { environment, systemd, users } = await system(
          t,
          '{ enable = true; package = "/pkg"; hook = "node"; group = "builders"; queueDir = "/q"; environmentFile = "/etc/nix/s3"; targets.a.cache = "file:///c"; }',
        );
        assert.equal(environment.etc['nix/enqueue-upload']?.source, '/pkg/bin/enqueue-upload');
        assert.match(environment.etc['nix/upload-queue.conf']?.text ?? '', /^queue-dir = \/q$/m);
        assert.match(environment.etc['nix/enqueue-upload.conf']?.text ?? '', /^queue-dir = \/q$/m);
        assert.doesNotMatch(environment.etc['nix/upload-queue.conf']?.text ?? '', /secret-key-files|listen/);
        const service = systemd.services['nix-upload-queue']?.serviceConfig ?? {};
        assert.deepEqual(service['ReadWritePaths'], ['/q', '/nix/var/nix/gcroots/nix-upload']);
        assert.equal(service['EnvironmentFile'], '/etc/nix/s3');
        assert.equal(service['Group'], 'builders');
        assert.match(String(service['ExecStartPre']), /--group builders$/);
        assert.equal(users.users['nix-upload']?.group, 'builders');
        assert.ok(systemd.tmpfiles.rules[0]?.startsWith('d /q 2750 root builders'));
      });

      it('off: nothing; without a cache: says so; wrong types and names are errors', async (t) => {
        assert.deepEqual(await system(t, '{ package = "/pkg"; }'), {});
        const { assertions } = await system(t, '{ enable = true; package = "/pkg"; }');
        assert.deepEqual(
          assertions.map(({ assertion }) => assertion),
          [false],
        );
        assert.match(
          String(await evaluate(t, '{ enable = true; package = "/p"; hook = "bash"; }')),
          /option hook is of another type/,
        );
        assert.match(String(await evaluate(t, '{ enable = true; }')), /option package is needed/);
      });
    });
  }
});
