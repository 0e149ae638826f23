/** Names that differ in case only, restored with suffixes and dumped without them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { isNarkitError } from 'narkit';
import { encodeName, readNar, writeNar } from 'narkit/nar';
import { dumpPath, restorePath } from 'narkit/node';
import { dir, file, link, nar, type Tree } from '../nar/trees.ts';
import { nothingHidden, refused, regular, root, symlink } from '../support/restore.ts';
import { tempDir } from '../support/temp.ts';
import { dir as diskDir, file as diskFile, makeTree, raw } from '../support/tree.ts';

const caseHack = true;

/** What Nix's own test of the case hack restores, built anew: its `case.nar` has this hash. */
const caseNar = nar(
  dir({
    x: dir({
      FOO: dir(),
      Foo: dir(),
      foo: dir({ A: dir({ foo: file('') }), a: dir({ foo: file('') }) }),
      'foo-1': file(''),
      foo0: file(''),
    }),
    'xt_CONNMARK.h': file(''),
    'xt_CONNmark.h': file(''),
    'xt_connmark.h': file(''),
  }),
);
const CASE_NAR = 'ccd0c2353fbb6ff6853088e01f0557e8b9cbc9d11d2e1f8435175dc08091c2a3';

async function dumped(path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeNar(dumpPath(path, { caseHack }))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('the archive of Nix’s own test: suffixes on the disk, none in the archive', async (t) => {
  assert.equal(createHash('sha256').update(caseNar).digest('hex'), CASE_NAR);
  const to = `${await tempDir(t)}/case`;
  await restorePath(readNar(caseNar), to, { caseHack });
  assert.deepEqual(readdirSync(to, { recursive: true }).sort(), [
    'x',
    'x/FOO',
    'x/Foo~nix~case~hack~1',
    'x/foo-1',
    'x/foo0',
    'x/foo~nix~case~hack~2',
    'x/foo~nix~case~hack~2/A',
    'x/foo~nix~case~hack~2/A/foo',
    'x/foo~nix~case~hack~2/a~nix~case~hack~1',
    'x/foo~nix~case~hack~2/a~nix~case~hack~1/foo',
    'xt_CONNMARK.h',
    'xt_CONNmark.h~nix~case~hack~1',
    'xt_connmark.h~nix~case~hack~2',
  ]);
  assert.ok((await dumped(to)).equals(caseNar));

  // What remains of two names after the suffix is one name.
  writeFileSync(`${to}/xt_CONNMARK.h~nix~case~hack~3`, '');
  await assert.rejects(dumped(to), (err) => {
    assert.ok(isNarkitError(err, 'ERR_FILE_EXISTS'));
    assert.match(err.message, /xt_CONNMARK\.h~nix~case~hack~3' and 'xt_CONNMARK\.h' are one name/);
    return true;
  });
});

test('canonical directories get their modes under their names on the disk', async (t) => {
  const to = `${await tempDir(t)}/case`;
  await restorePath(readNar(caseNar), to, { caseHack, canonical: true });
  assert.ok((await dumped(to)).equals(caseNar));
});

test('without the option nothing gets a suffix, or loses one', async (t) => {
  const base = await tempDir(t);
  await restorePath(readNar(caseNar), `${base}/plain`);
  assert.deepEqual(readdirSync(`${base}/plain/x`).sort(), ['FOO', 'Foo', 'foo', 'foo-1', 'foo0']);
  await restorePath(readNar(caseNar), `${base}/hacked`, { caseHack });
  const paths = [...dumpPath(`${base}/hacked/x`)].map(({ path }) => path);
  assert.ok(paths.includes('Foo~nix~case~hack~1'));
});

test('a generated name that the archive has itself is refused, and nothing is left', async (t) => {
  const to = `${await tempDir(t)}/to`;
  const suffixed = (name: string) => regular(`${name}~nix~case~hack~1`);
  for (const last of [regular('test'), symlink('test'), { type: 'directory', path: 'test' } as const]) {
    await refused([root, regular('Test'), suffixed('Test'), last], to, 'ERR_FILE_EXISTS', /'test' repeats/, {
      caseHack,
    });
    await restorePath([root, regular('Test'), suffixed('Test'), last], `${to} ${last.type}`);
  }
  const later = [root, regular('TEST'), regular('Test'), suffixed('Test')];
  await refused(later, to, 'ERR_FILE_EXISTS', /the same name/, { caseHack });
  await refused([root, regular('A'), regular(`a`), regular('a')], to, 'ERR_NAR_SYNTAX', /ascending/, {
    caseHack,
  });
});

test('a suffix that leaves no valid name is refused when dumped', async (t) => {
  const base = await tempDir(t);
  for (const name of ['', '.', '..']) {
    makeTree(`${base}/from${name}`, diskDir({ [`${name}~nix~case~hack~1`]: diskFile() }));
    assert.throws(() => [...dumpPath(`${base}/from${name}`, { caseHack })], { code: 'ERR_NAR_SYNTAX' }, name);
  }
});

test('filter sees the names of the archive', async (t) => {
  const from = `${await tempDir(t)}/from`;
  makeTree(from, diskDir({ A: diskFile(), 'a~nix~case~hack~1': diskDir({ x: diskFile() }) }));
  const seen: string[] = [];
  const filter = ({ path }: { path: string }): boolean => seen.push(path) > 0;
  assert.deepEqual(
    [...dumpPath(from, { caseHack, filter })].map(({ path }) => path),
    ['', 'A', 'a', 'a/x'],
  );
  assert.deepEqual(seen, ['A', 'a', 'a/x']);
});

test('law: any tree without suffixes comes back, its names in order of the archive', async (t) => {
  const base = await tempDir(t);
  const names = fc.oneof(
    fc.stringMatching(/^[aAbB\-~\x7f]{1,3}$/),
    fc.constantFrom('é', 'É', raw(0xff), '\u{1f600}'),
  );
  const level = fc.uniqueArray(names, { minLength: 1, maxLength: 8 });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(level, { minLength: 1, maxLength: 4 }), async (levels) => {
      const to = `${base}/${count++}`;
      // Each level hangs in the last name of the one above.
      const tree = levels.reduceRight<Tree>(
        (below, level) => ({
          type: 'directory',
          members: level.map((name, i) => [
            Buffer.from(encodeName(name)),
            i === level.length - 1 ? below : link('t'),
          ]),
        }),
        file('innermost'),
      );
      const archive = nar(tree);
      await restorePath(readNar(archive), to, { caseHack });
      assert.ok((await dumped(to)).equals(archive));
    }),
    { numRuns: 60 },
  );
  nothingHidden(`${base}/to`);
});
