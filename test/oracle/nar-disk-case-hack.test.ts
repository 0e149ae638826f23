/** The case hack against real Nix with `use-case-hack = true`: the same names on the disk, the same archive back. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { NarError } from 'narkit';
import { encodeName, readNar, writeNar } from 'narkit/nar';
import { dumpPath, restorePath } from 'narkit/node';
import { file, link, nar, type Tree } from '../nar/trees.ts';
import { isAtLeast, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';
import { statTree } from '../support/tree.ts';

const caseHack = true;
const installations = nixInstallations();

/** Few letters, so that they collide; and what looks as if the case hack had made it. */
const names = fc
  .tuple(
    fc.stringMatching(/^[aAbB]{1,2}$/),
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('') },
      fc.constantFrom(
        'é',
        'É',
        '-',
        '~nix~case~hack~1',
        '~nix~case~hack~2',
        '~NIX~case~hack~1',
        '~nix~case~hack~',
      ),
    ),
  )
  .map((parts) => parts.join(''));

const directories = fc.letrec<{ tree: Tree; directory: Tree }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3 }, fc.constantFrom(link('t'), file('f', true)), {
    arbitrary: tie('directory'),
    weight: 2,
  }),
  directory: fc.uniqueArray(fc.tuple(names, tie('tree')), { maxLength: 8, selector: ([name]) => name }).map(
    (members): Tree => ({
      type: 'directory',
      members: members.map(([name, tree]) => [Buffer.from(encodeName(name)), tree]),
    }),
  ),
})).directory;

/** What came of it: the bytes, or the error. */
async function ourDump(path: string): Promise<Buffer | NarError> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of writeNar(dumpPath(path, { caseHack }))) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (err) {
    assert.ok(err instanceof NarError, String(err));
    return err;
  }
}

async function ourRestore(archive: Buffer, path: string): Promise<NarError | undefined> {
  try {
    await restorePath(readNar(archive), path, { caseHack });
    return undefined;
  } catch (err) {
    assert.ok(err instanceof NarError, String(err));
    assert.equal(err.code, 'ERR_FILE_EXISTS');
    return err;
  }
}

async function theirRestore(world: NixWorld, archive: Buffer, path: string): Promise<string | undefined> {
  const child = spawn(join(world.nix.binDir, 'nix-store'), ['--restore', path], { env: world.env });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  child.stdin.on('error', () => {}); // it stops reading where it refuses
  child.stdin.end(archive);
  const code = await new Promise((resolve) => child.once('close', resolve));
  return code === 0 ? undefined : stderr;
}

test('generated trees with colliding names', async (t) => {
  if (!need(t, 'nix', installations.length > 0, 'nix-store')) return;
  const seen = { restored: 0, refused: 0, dumped: 0, undumped: 0 };
  for (const nix of installations) {
    await t.test(nix.version, async (t) => {
      const base = await tempDir(t);
      const world = await NixWorld.create(nix, await tempDir(t));
      await world.configure({ 'use-case-hack': 'true' });
      let count = 0;
      await fc.assert(
        fc.asyncProperty(directories, async (tree) => {
          const archive = nar(tree);
          const [ours, theirs] = [join(base, `ours ${count}`), join(base, `theirs ${count++}`)];
          const ourError = await ourRestore(archive, ours);
          const theirError = await theirRestore(world, archive, theirs);
          if (ourError !== undefined) {
            seen.refused++;
            // 2.8 does not look whether the archive has a generated name itself.
            const unseen = /repeats an earlier name/.test(ourError.message) && !isAtLeast(nix, '2.23.4');
            assert.ok(theirError !== undefined || unseen, ourError.message);
            assert.ok(!existsSync(ours));
            return;
          }
          assert.equal(theirError, undefined);
          seen.restored++;
          assert.deepEqual(statTree(ours), statTree(theirs));
          const dump = await ourDump(ours);
          const { code, stdout, stderr } = await world.try('nix-store', ['--dump', theirs]);
          if (dump instanceof NarError) {
            seen.undumped++;
            assert.equal(dump.code, 'ERR_FILE_EXISTS');
            assert.notEqual(code, 0);
            assert.match(stderr, /file name collision/);
          } else {
            seen.dumped++;
            assert.ok(dump.equals(Buffer.from(stdout, 'latin1')));
          }
        }),
        { numRuns: 25 },
      );
    });
  }
  // Else the names above do not collide as they should.
  for (const [what, times] of Object.entries(seen)) assert.ok(times > 0, `${what}: ${times}`);
});
