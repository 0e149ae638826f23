/**
 * nix.conf as real Nix understands it: the same files and environments, the same settings.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { type NixConf, readNixConf } from 'narkit/node';
import { isAtLeast, type NixInstallation, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();

interface Case {
  readonly title: string;
  /** Texts by name, below a directory that is `@` in texts and in the environment. */
  readonly files: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Where an older Nix does not know it yet. */
  readonly since?: string;
}

const cases: readonly Case[] = [
  { title: 'nothing', files: {} },
  {
    title: 'lists, later wins, extra-, aliases, comments, white space',
    files: {
      'conf/nix.conf': `# comment
substituters = https://a.example\thttps://b.example # tail
extra-substituters = https://c.example
 extra-binary-caches =   s3://d\r
trusted-public-keys = k:A
trusted-public-keys = l:B m:C=
extra-trusted-public-keys = n:D
secret-key-files = /a ./b
extra-platforms = x-linux
cores = 3
build-cores = 4
keep-outputs = yes
require-sigs = 0
connect-timeout = +7
netrc-file = /x/netrc
trusted-binary-caches = https://t.example
`,
    },
  },
  {
    title: 'extra- adds to the default',
    files: { 'conf/nix.conf': 'extra-substituters = https://b.example\nextra-trusted-public-keys = k:A' },
  },
  {
    title: 'a plain assignment drops what extra- added before',
    files: {
      'conf/nix.conf':
        'extra-substituters = s3://b\nsubstituters = s3://c\nextra-substituters = s3://d s3://d',
    },
  },
  { title: 'empty list', files: { 'conf/nix.conf': 'substituters =\nextra-trusted-public-keys =' } },
  {
    title: 'includes',
    files: {
      'conf/nix.conf':
        'cores = 1\ninclude sub/one.conf\nconnect-timeout = 9\n!include none.conf\ninclude @/abs.conf\n',
      'conf/sub/one.conf': 'cores = 2\nconnect-timeout = 8\ninclude ../two.conf # up\n',
      'conf/two.conf': 'extra-substituters = s3://two',
      'abs.conf': 'extra-substituters = s3://abs',
    },
  },
  {
    title: 'an include of a directory is passed over',
    files: { 'conf/nix.conf': 'include sub\ncores = 5', 'conf/sub/x': '' },
  },
  { title: 'an include that is missing', files: { 'conf/nix.conf': 'include none.conf' } },
  { title: 'an include without a path', files: { 'conf/nix.conf': 'include' } },
  { title: 'no spaces', files: { 'conf/nix.conf': 'cores=4' } },
  { title: 'a lone word', files: { 'conf/nix.conf': 'cores' } },
  { title: 'a continued line', files: { 'conf/nix.conf': 'substituters = s3://a\n  s3://b' } },
  { title: 'a bad boolean', files: { 'conf/nix.conf': 'keep-outputs = TRUE' } },
  { title: 'a bad number', files: { 'conf/nix.conf': 'connect-timeout = 4s' } },
  { title: 'a unit', files: { 'conf/nix.conf': 'min-free = 2K\nmax-free = 1g' }, since: '2.10' },
  { title: 'bytes that are not UTF-8', files: { 'conf/nix.conf': '# \u00e9\ncores = 6' } },
  {
    title: 'user files: home, then NIX_CONFIG',
    files: {
      'conf/nix.conf': 'cores = 1\nextra-substituters = s3://sys',
      'home/.config/nix/nix.conf': 'cores = 2\nextra-substituters = s3://home',
    },
    env: { NIX_CONFIG: 'extra-substituters = s3://inline\nconnect-timeout = 3' },
  },
  {
    title: 'XDG_CONFIG_HOME and XDG_CONFIG_DIRS',
    files: {
      'c/nix/nix.conf': 'extra-substituters = s3://c',
      'd/nix/nix.conf': 'extra-substituters = s3://d',
      'e/nix/nix.conf': 'extra-substituters = s3://e\ncores = 3',
    },
    env: { XDG_CONFIG_HOME: '@/c', XDG_CONFIG_DIRS: '@/d:@/e' },
  },
  {
    title: 'NIX_USER_CONF_FILES',
    files: {
      'c.conf': 'extra-substituters = s3://c\ncores = 3',
      'd.conf': 'extra-substituters = s3://d\ncores = 4',
      'home/.config/nix/nix.conf': 'cores = 9',
    },
    env: { NIX_USER_CONF_FILES: '@/c.conf:@/none:@/d.conf' },
  },
  {
    title: 'NIX_USER_CONF_FILES, empty',
    files: { 'home/.config/nix/nix.conf': 'cores = 9' },
    env: { NIX_USER_CONF_FILES: '' },
  },
  {
    title: 'NIX_CONFIG_HOME',
    files: { 'n/nix.conf': 'cores = 8', 'home/.config/nix/nix.conf': 'cores = 9' },
    env: { NIX_CONFIG_HOME: '@/n' },
    since: '2.26',
  },
  {
    title: 'a relative include in NIX_CONFIG',
    files: { 'x.conf': 'cores = 9' },
    env: { NIX_CONFIG: 'include x.conf' },
  },
];

/** The settings to compare, in Nix's JSON form; for numbers nobody set, what Nix says is the default. */
function settings(conf: NixConf, initial: (name: string) => number): Record<string, unknown> {
  const numbers = ['cores', 'connect-timeout', 'min-free'];
  return {
    substituters: conf.list('substituters', ['https://cache.nixos.org/']),
    'trusted-substituters': conf.list('trusted-substituters').sort(),
    'trusted-public-keys': conf.list('trusted-public-keys', [
      'cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=',
    ]),
    'secret-key-files': conf.list('secret-key-files'),
    'netrc-file': conf.get('netrc-file') ?? join(conf.confDir, 'netrc'),
    'require-sigs': conf.boolean('require-sigs', true),
    'keep-outputs': conf.boolean('keep-outputs', false),
    ...Object.fromEntries(numbers.map((name) => [name, conf.integer(name, initial(name))])),
  };
}

async function compare(nix: NixInstallation, dir: string, { files, env = {} }: Case): Promise<void> {
  const { env: base } = await NixWorld.create(nix, dir);
  writeFileSync(join(dir, 'conf/nix.conf'), '');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), Buffer.from(text.replaceAll('@', dir), 'latin1'));
  }
  const own = Object.fromEntries(
    Object.entries(env).map(([name, text]) => [name, text.replaceAll('@', dir)]),
  );
  const all = {
    ...base,
    XDG_CONFIG_HOME: undefined,
    XDG_CONFIG_DIRS: undefined,
    NIX_USER_CONF_FILES: undefined,
    ...own,
  };
  const command = isAtLeast(nix, '2.20') ? ['config', 'show'] : ['show-config'];
  const world = await NixWorld.create(nix, join(dir, 'unused'));
  const outcome = await world.try(
    'nix',
    ['--extra-experimental-features', 'nix-command', ...command, '--json'],
    all,
  );
  if (outcome.code !== 0) {
    const reading = readNixConf({ env: all }).then((conf) => settings(conf, () => 0));
    await assert.rejects(reading, { code: 'ERR_PARSE_NIX_CONF' }, outcome.stderr);
    return;
  }
  const theirs = JSON.parse(outcome.stdout) as Record<string, { value: unknown; defaultValue: unknown }>;
  const ours = settings(await readNixConf({ env: all }), (name) => Number(theirs[name]?.defaultValue));
  const same = Object.fromEntries(Object.keys(ours).map((name) => [name, theirs[name]?.value]));
  assert.deepEqual(ours, same);
}

describe('nix.conf against real Nix', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });
  for (const nix of installations) {
    for (const one of cases) {
      if (one.since !== undefined && !isAtLeast(nix, one.since)) continue;
      it(`${nix.version}: ${one.title}`, async (t) => {
        await compare(nix, await tempDir(t), one);
      });
    }
  }
});
