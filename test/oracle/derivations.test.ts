/**
 * Derivations that real Nix instantiates: they parse, print back byte for byte, and their paths, and
 * those of their outputs, recompute.
 */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type Derivation,
  derivationOutputs,
  derivationPath,
  outputPaths,
  parseDerivation,
  printDerivation,
} from 'narkit/derivation';
import { encodeName } from 'narkit/nar';
import { isDerivation, parseBaseName, pathName, printStorePath, type StorePath } from 'narkit/store-path';
import { isAtLeast, NixWorld, nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Every kind of output, inputs of inputs, sources, and texts that need escapes; in Latin-1. */
const expression = (floating: boolean): string => `let
  base = { system = "x86_64-linux"; builder = "/bin/sh"; };
  drv = name: args: derivation (base // { inherit name; } // args);
  fixed = name: url: drv name { inherit url; outputHash = "${SHA256}"; outputHashAlgo = "sha256"; outputHashMode = "flat"; };
  recursive = drv "recursive" { outputHash = "${SHA256}"; outputHashAlgo = "sha256"; outputHashMode = "recursive"; };
  sha1 = drv "sha1" { outputHash = "da39a3ee5e6b4b0d3255bfef95601890afd80709"; outputHashAlgo = "sha1"; outputHashMode = "recursive"; };
  source = builtins.toFile "source" "x";
  odd = drv "odd" { args = [ "\\n\\r\\t\\"\\\\ \${"$"}{x} \xc3\xa9 \xff\xfe" source ]; "1" = "a"; "0" = "b"; __proto__ = "c"; empty = ""; };
  multi = drv "multi" { outputs = [ "out" "lib" "dev" ]; a = fixed "src" "one"; inherit odd; };
  attrs = drv "attrs" { __structuredAttrs = true; list = [ 1 "two" multi.dev ]; };
  twice = drv "twice" { a = fixed "src" "one"; b = fixed "src" "two"; inherit recursive sha1; };
  top = drv "top" { args = [ multi multi.lib attrs twice ]; path = "\${source}"; };
${
  floating
    ? `  floating = drv "floating" { __contentAddressed = true; outputHashAlgo = "sha256"; outputHashMode = "recursive"; };
  impure = drv "impure" { __impure = true; };
  after = drv "after" { inherit floating top; };
in [ top after impure ]`
    : 'in [ top ]'
}`;

/** How many of the outputs in the store have each type. */
function count(drvs: Iterable<Derivation>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const drv of drvs) for (const { type } of drv.outputs.values()) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

describe('derivations against nix-instantiate', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    for (const floating of [false, true]) {
      it(`${nix.version}: ${floating ? 'with floating and impure outputs' : 'usual outputs'}`, async (t) => {
        const world = await NixWorld.create(nix, await tempDir(t));
        const { storeDir } = world;
        // Impure derivations came with 2.8, under this name.
        const features = floating && isAtLeast(nix, '2.8') ? 'ca-derivations impure-derivations' : '';
        await world.configure({ 'experimental-features': `nix-command ${features}` });
        const file = join(world.dir, 'all.nix');
        await writeFile(file, Buffer.from(expression(floating), 'latin1'));
        await world.run('nix-instantiate', [file]);

        const bytes = new Map<StorePath, Buffer>();
        for (const name of await readdir(storeDir)) {
          if (name.startsWith('.') || !isDerivation(name as StorePath)) continue;
          bytes.set(parseBaseName(name), await readFile(join(storeDir, name)));
        }
        const drvs = new Map([...bytes].map(([path, text]) => [path, parseDerivation(text, { storeDir })]));
        assert.deepEqual(
          count(drvs.values()),
          floating
            ? { 'input-addressed': 7, fixed: 4, floating: 1, impure: 1, deferred: 1 }
            : { 'input-addressed': 7, fixed: 4 },
        );

        const lookup = (path: StorePath): Derivation => drvs.get(path) ?? assert.fail(path);
        const hashes = new Map();
        for (const [path, drv] of drvs) {
          const name = pathName(path).replace(/\.drv$/, '');
          const text = Buffer.from(encodeName(printDerivation(drv, { storeDir })));
          assert.equal(text.toString('latin1'), bytes.get(path)?.toString('latin1'));
          assert.equal(derivationPath(name, drv, { storeDir }), path);
          const expected = [...derivationOutputs(drv)];
          assert.deepEqual([...(await outputPaths(name, drv, { lookup, storeDir }))], expected, name);
          assert.deepEqual([...(await outputPaths(name, drv, { lookup, storeDir, hashes }))], expected);
          const references = await world.run('nix-store', ['-q', '--references', join(storeDir, path)]);
          const inputs = [...drv.inputDrvs.keys(), ...drv.inputSrcs];
          assert.deepEqual(
            references.split('\n').filter(Boolean).sort(),
            inputs.map((input) => printStorePath(input, storeDir)).sort(),
          );
        }
      });
    }
  }
});
