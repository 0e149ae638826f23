import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { keyringFromNixConf, NixConf, nixCacheSettings, parseNixConf, readNixConf } from 'narkit/node';
import { generateSecretKey, printPublicKey, printSecretKey, toPublicKey } from 'narkit/signature';
import { tempDir } from '../support/temp.ts';

const refused = { name: 'ParseError', code: 'ERR_PARSE_NIX_CONF' } as const;

/** Files below a new directory, and an environment that knows no others. */
async function world(t: TestContext, files: Readonly<Record<string, string>>) {
  const dir = await tempDir(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return { dir, env: { NIX_CONF_DIR: dir, HOME: join(dir, 'home'), XDG_CONFIG_DIRS: '' } };
}
const conf = (text: string): NixConf =>
  new NixConf(
    parseNixConf(text).map((item) =>
      item.type === 'setting' ? { ...item, file: 'nix.conf' } : assert.fail('an include'),
    ),
  );

test('lines: settings, includes, comments, white space', () => {
  const text = '# c\n\n a = 1\t2  3 # x\r\nb =\n!include x\n\tinclude ./y#z\nc = = =\n';
  assert.deepEqual(parseNixConf(text), [
    { type: 'setting', name: 'a', value: '1 2 3', line: 3 },
    { type: 'setting', name: 'b', value: '', line: 4 },
    { type: 'include', path: 'x', optional: true, line: 5 },
    { type: 'include', path: './y', optional: false, line: 6 },
    { type: 'setting', name: 'c', value: '= =', line: 7 },
  ]);
  assert.deepEqual(parseNixConf(''), []);
});

test('lines that are wrong are named by number and not quoted', () => {
  for (const line of [
    'ghp_secret',
    'ghp_secret=1',
    'a =ghp_secret',
    'a ghp_secret = 1',
    'include',
    'include a b',
    '!include',
  ]) {
    assert.throws(
      () => parseNixConf(`ok = 1\n${line}\n`, '/etc/x.conf'),
      (err: Error & { line?: number }) => {
        assert.equal(err.line, 2);
        assert.match(err.message, /line 2 of '\/etc\/x\.conf'/);
        assert.ok(!err.message.includes('ghp_secret'), err.message);
        return true;
      },
      line,
    );
    assert.throws(() => parseNixConf(line), refused);
  }
});

test('law: whatever words are assigned come out', () => {
  const words = fc.array(fc.stringMatching(/^[!-"$-~]{1,8}$/), { maxLength: 4 });
  fc.assert(
    fc.property(words, words, (set, extra) => {
      const read = conf(`old = x\nold = ${set.join(' ')}\nextra-old = ${extra.join('\t')}`);
      assert.deepEqual(read.list('old'), [...set, ...extra]);
      assert.equal(read.get('old'), set.join(' '));
    }),
  );
});

test('later wins, extra- appends, to the default too', () => {
  assert.deepEqual(conf('extra-a = 2\nextra-a = 3').list('a', ['1']), ['1', '2', '3']);
  assert.deepEqual(conf('extra-a = 2\na = 4\nextra-a = 5').list('a', ['1']), ['4', '5']);
  assert.deepEqual(conf('a =').list('a', ['1']), []);
  assert.deepEqual(conf('').list('a', ['1']), ['1']);
  assert.equal(conf('extra-cores = 7\ncores = 3\nextra-cores = 7').integer('cores', 1), 3);
  assert.equal(conf('extra-cores = 7').get('cores'), undefined);
  // A setting of its own, whatever its name.
  const platforms = conf('extra-platforms = a\nextra-platforms = b\nextra-extra-platforms = c');
  assert.deepEqual(platforms.list('extra-platforms'), ['b', 'c']);
  assert.deepEqual(platforms.list('platforms'), []);
});

test('names of old', () => {
  const read = conf('binary-caches = a\nextra-binary-caches = b\nextra-substituters = c');
  assert.deepEqual(read.list('substituters'), ['a', 'b', 'c']);
  assert.deepEqual(read.list('binary-caches'), ['a', 'b', 'c']);
  assert.deepEqual(read.names, ['substituters']);
});

test('booleans and whole numbers', () => {
  for (const word of ['true', 'yes', '1']) assert.equal(conf(`b = ${word}`).boolean('b', false), true);
  for (const word of ['false', 'no', '0']) assert.equal(conf(`b = ${word}`).boolean('b', true), false);
  assert.equal(conf('').boolean('b', true), true);
  for (const word of ['TRUE', 'on', '', 'true false', '2']) {
    assert.throws(() => conf(`b = ${word}`).boolean('b', true), { ...refused, field: 'b', line: 1 });
  }
  for (const [word, number] of [
    ['0', 0],
    ['+3', 3],
    ['-4', -4],
    ['2K', 2048],
    ['1m', 1 << 20],
    ['1G', 2 ** 30],
    ['1t', 2 ** 40],
  ] as const) {
    assert.equal(conf(`n = ${word}`).integer('n', 7), number);
  }
  assert.equal(conf('').integer('n', 7), 7);
  for (const word of ['', 'x', '1KB', '0x10', '1 2', '1.5', '9007199254740992', '9007199254740991K', '--1']) {
    assert.throws(() => conf(`n = ${word}`).integer('n', 7), { ...refused, field: 'n' }, word);
  }
});

test('neither inspect nor an error shows a value', () => {
  const read = conf('access-tokens = github.com=ghp_secret');
  assert.ok(!inspect(read, { depth: 9, showHidden: true, getters: true }).includes('ghp_secret'));
  for (const work of [() => read.boolean('access-tokens', true), () => read.integer('access-tokens', 1)]) {
    assert.throws(work, (err) => !inspect(err).includes('ghp_secret'));
  }
});

test('includes: in place, relative to the file, optional or not', async (t) => {
  const { dir, env } = await world(t, {
    'nix.conf': 'a = 1\ninclude sub/one.conf\nb = late\n!include nothing.conf\n',
    'sub/one.conf': 'a = 2\nb = early\ninclude two.conf\n',
    'sub/two.conf': 'c = 3\ninclude ../three.conf\n',
    'three.conf': 'd = 4',
  });
  const read = await readNixConf({ env });
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((name) => read.get(name)),
    ['2', 'late', '3', '4'],
  );
  assert.deepEqual(
    read.files,
    ['nix.conf', 'sub/one.conf', 'sub/two.conf', 'three.conf'].map((name) => join(dir, name)),
  );
  writeFileSync(join(dir, 'sub/two.conf'), 'x = 1\ninclude no.conf');
  await assert.rejects(readNixConf({ env }), {
    ...refused,
    line: 2,
    message: /sub\/two\.conf.*sub\/no\.conf/,
  });
});

test('includes: cycles, by links too, and explosions are typed errors', async (t) => {
  const { dir, env } = await world(t, { 'nix.conf': 'include a.conf', 'a.conf': '!include ./nix.conf' });
  await assert.rejects(readNixConf({ env }), { ...refused, message: /includes itself/ });
  writeFileSync(join(dir, 'nix.conf'), 'include sub/nix.conf');
  symlinkSync('.', join(dir, 'sub'));
  await assert.rejects(readNixConf({ env }), { ...refused, message: /includes itself/ });
  for (let i = 0; i < 20; i++) writeFileSync(join(dir, `b${i}`), `include b${i + 1}\ninclude b${i + 1}`);
  writeFileSync(join(dir, 'b20'), '');
  writeFileSync(join(dir, 'nix.conf'), 'include b0');
  await assert.rejects(readNixConf({ env }), { ...refused, message: /more than 1000 files/ });
  writeFileSync(join(dir, 'nix.conf'), 'include a2\ninclude a2');
  writeFileSync(join(dir, 'a2'), 'extra-l = x');
  assert.deepEqual((await readNixConf({ env })).list('l'), ['x', 'x'], 'twice is no cycle');
  writeFileSync(join(dir, 'nix.conf'), 'include /dev/zero');
  await assert.rejects(readNixConf({ env }), { ...refused, message: /larger than/ });
});

test('what cannot be read is passed over and told', async (t) => {
  const { dir, env } = await world(t, { 'nix.conf': 'include directory\na = 1', 'directory/x': '' });
  const read = await readNixConf({ env });
  assert.equal(read.get('a'), '1');
  assert.deepEqual(read.unreadable, [join(dir, 'directory')]);
});

test('bytes that are not UTF-8 are no trouble', async (t) => {
  const { dir, env } = await world(t, {});
  writeFileSync(join(dir, 'nix.conf'), Buffer.from('# caf\xe9\ninclude \xe9.conf\na = 1', 'latin1'));
  writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from('\xe9.conf', 'latin1')]), 'b = 2');
  const read = await readNixConf({ env });
  assert.deepEqual([read.get('a'), read.get('b')], ['1', '2']);
});

test('places: the order of Nix', async (t) => {
  const { dir, env } = await world(t, {
    'nix.conf': 'extra-l = system',
    'home/.config/nix/nix.conf': 'extra-l = home',
    'config/nix/nix.conf': 'extra-l = config-home',
    'nch/nix.conf': 'extra-l = nix-config-home',
    'one/nix/nix.conf': 'extra-l = one',
    'two/nix/nix.conf': 'extra-l = two',
  });
  const at = (name: string): string => join(dir, name);
  const list = async (more: Record<string, string>): Promise<string> =>
    (await readNixConf({ env: { ...env, ...more } })).list('l').join(' ');
  assert.equal(await list({}), 'system home');
  assert.equal(await list({ NIX_CONFIG: 'extra-l = inline' }), 'system home inline');
  assert.equal(await list({ NIX_CONF_DIR: at('config/nix') }), 'config-home home');
  assert.equal(await list({ XDG_CONFIG_HOME: at('config') }), 'system config-home');
  assert.equal(
    await list({ XDG_CONFIG_HOME: at('config'), NIX_CONFIG_HOME: at('nch') }),
    'system nix-config-home',
  );
  assert.equal(await list({ XDG_CONFIG_DIRS: `${at('one')}:${at('two')}` }), 'system two one home');
  const files = `${at('one/nix/nix.conf')}:${at('none')}:${at('two/nix/nix.conf')}`;
  assert.equal(await list({ NIX_USER_CONF_FILES: files }), 'system two one');
  assert.equal(await list({ NIX_USER_CONF_FILES: '' }), 'system');
  assert.equal((await readNixConf({ env: { ...env, NIX_CONF_DIR: at('no') } })).confDir, at('no'));
});

test('NIX_CONFIG: wrong lines are named so, relative includes are errors, absolute ones are not', async (t) => {
  const { dir, env } = await world(t, { 'x.conf': 'a = 1' });
  const run = (text: string) => readNixConf({ env: { ...env, NIX_CONFIG: text } });
  await assert.rejects(run('oops'), { ...refused, message: /line 1 of 'NIX_CONFIG'/ });
  await assert.rejects(run('include x.conf'), { ...refused, message: /absolute/ });
  assert.equal((await run(`include ${dir}/x.conf`)).get('a'), '1');
});

test('options and signal', async () => {
  await assert.rejects(readNixConf({ environment: {} } as object), TypeError);
  await assert.rejects(readNixConf({ signal: AbortSignal.abort(new Error('stop')) }), /stop/);
});

test('binary caches: defaults, and what is set', () => {
  const initial = nixCacheSettings(new NixConf([], { confDir: '/x' }));
  assert.equal(initial.netrcFile, '/x/netrc');
  assert.equal(initial.requireSigs, true);
  assert.deepEqual(
    initial.trustedPublicKeys.map(({ name }) => name),
    ['cache.nixos.org-1'],
  );
  const key = printPublicKey(toPublicKey(generateSecretKey('k')));
  const set = nixCacheSettings(
    conf(`extra-substituters = s3://b\nextra-trusted-public-keys = ${key}\ntrusted-substituters = https://t
      netrc-file =\nrequire-sigs = no\nsecret-key-files = /a /b`),
  );
  assert.deepEqual(set.substituters, ['https://cache.nixos.org/', 's3://b']);
  assert.deepEqual(set.trustedSubstituters, ['https://t']);
  assert.deepEqual(
    set.trustedPublicKeys.map(({ name }) => name),
    ['cache.nixos.org-1', 'k'],
  );
  assert.deepEqual([set.netrcFile, set.requireSigs, set.secretKeyFiles], [undefined, false, ['/a', '/b']]);
  assert.throws(() => nixCacheSettings(conf('trusted-public-keys = nonsense')), { code: 'ERR_PARSE_KEY' });
});

test('the keyring: trusted keys, then halves of readable secret keys; the first of a name counts', async (t) => {
  const [one, two, other] = ['one', 'two', 'one'].map(generateSecretKey);
  assert.ok(one && two && other);
  const { dir } = await world(t, { two: printSecretKey(two), other: printSecretKey(other), bad: 'nonsense' });
  const text = `trusted-public-keys = ${printPublicKey(toPublicKey(one))}\nsecret-key-files =`;
  const message = new Uint8Array(3);
  const kinds: string[] = [];
  const onProblem = ({ kind }: { kind: string }): void => void kinds.push(kind);
  const keyring = await keyringFromNixConf(conf(`${text} ${dir}/other ${dir}/none ${dir}/two`), {
    onProblem,
  });
  assert.deepEqual(keyring.keyNames, ['one', 'two']);
  assert.ok(kinds.includes('world-readable'));
  const { createSigner } = await import('narkit/signature');
  const verify = async (key: typeof one): Promise<boolean> =>
    keyring.verify(message, { keyName: key.name, sig: await createSigner(key).signDetached(message) });
  assert.deepEqual([await verify(one), await verify(two), await verify(other)], [true, true, false]);
  await assert.rejects(keyringFromNixConf(conf(`${text} ${dir}/bad`)), { code: 'ERR_PARSE_KEY' });
});
