/**
 * The verdicts of `lintNarInfo` and `explainTrust` are those of real Nix, reading each narinfo from a
 * `file://` cache.
 */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { explainTrust, lintNarInfo, type NarInfoConsumer, parseNarInfo } from 'narkit/narinfo';
import { parsePublicKey } from 'narkit/signature';
import { LINT_CASES } from '../narinfo/lint-cases.ts';
import { A_SIGNATURE, B_INFO, B_NARINFO, B_PATH, B_SIGNATURE, PUBLIC } from '../narinfo/vectors.ts';
import { isAtLeast, type NixInstallation, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

/** Which column of the table a version must agree with; those in between changed on the way. */
function columnOf(nix: NixInstallation): NarInfoConsumer | undefined {
  if (!isAtLeast(nix, '2.9')) return 'nix-2.8';
  return isAtLeast(nix, '2.34') && !isAtLeast(nix, '2.35') ? 'nix-2.34' : undefined;
}

async function makeCache(world: NixWorld, name: string, narInfo: string): Promise<string> {
  const cache = join(world.dir, `cache-${name}`);
  await mkdir(cache);
  await writeFile(join(cache, 'nix-cache-info'), 'StoreDir: /nix/store\n');
  await writeFile(join(cache, `${B_PATH.slice(11, 43)}.narinfo`), narInfo);
  return cache;
}

const SHORT = 'vector-1:AAAA';
/** Signatures, whether the content address stays, whether it is true. */
const SIGNED: readonly [string[], boolean, boolean][] = [
  [[B_SIGNATURE], false, false],
  [[], false, false],
  [[], true, false],
  [[], true, true],
  [[A_SIGNATURE], false, false],
  [[A_SIGNATURE, B_SIGNATURE], false, false],
  [[B_SIGNATURE.replace('vector', 'other')], false, false],
  [[SHORT, B_SIGNATURE], false, false],
  [[B_SIGNATURE, SHORT.replace('AAAA', 'zzzz')], false, false],
  [[B_SIGNATURE, SHORT.replace('vector', 'other')], false, false],
  [[SHORT], true, true],
];

const installations = nixInstallations().filter((nix) => columnOf(nix) !== undefined);

describe('verdicts about narinfos', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix 2.8 or 2.34');
  });

  for (const nix of installations) {
    it(`${nix.version}: accepts and refuses what lintNarInfo says`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const column = columnOf(nix) as NarInfoConsumer;
      const wrong: string[] = [];
      for (const [index, [what, text]] of LINT_CASES.entries()) {
        const cache = await makeCache(world, `${index}`, text);
        const args = ['path-info', '--json', '--store', `file://${cache}`, B_PATH];
        const { code, stderr } = await world.try('nix', args, { NIX_STORE_DIR: '/nix/store' });
        const verdict = lintNarInfo(text, { storePath: B_INFO.storePath }).verdicts[column];
        if ((code === 0) !== (verdict !== 'rejects'))
          wrong.push(`${what}: ${verdict}, but Nix ${code === 0 ? 'accepts' : stderr}`);
      }
      assert.deepEqual(wrong, []);
    });

    it(`${nix.version}: trusts what explainTrust says`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      for (const [index, [signatures, keepCa, trueCa]] of SIGNED.entries()) {
        const lines = signatures.map((sig) => `Sig: ${sig}\n`).join('');
        let text = B_NARINFO.replace(/^Sig: .*\n/m, () => lines);
        if (!keepCa) text = text.replace(/^CA: .*\n/m, '');
        else if (!trueCa) text = text.replace('CA: text:', 'CA: fixed:r:');
        const cache = await makeCache(world, `signed-${index}`, text);
        const args = ['store', 'verify', '--no-contents', '--store', `file://${cache}`, B_PATH];
        const trust = ['--option', 'trusted-public-keys', PUBLIC];
        const { code, stderr } = await world.try('nix', [...args, ...trust], { NIX_STORE_DIR: '/nix/store' });
        const { trusted, text: why } = explainTrust(parseNarInfo(text), [parsePublicKey(PUBLIC)]);
        assert.equal(code === 0, trusted, `${why}\n${stderr}`);
      }
    });
  }
});
