/**
 * The public surface: frozen, documented, and the same in the manifest, the sources and the documentation.
 *
 * After a change that is meant: `npm run test:only -- --test-update-snapshots test/package/public-api.test.ts`
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { exportsOf, manifest, root, sorted, sources, subpaths } from './sources.ts';

/** Subpaths that need more than JavaScript, or serve tests, so that the front door does not lead to them. */
const SIDE = ['./s3', './node', './testing', './conformance'];
/** Subpaths that lead to data. */
const DATA: Readonly<Record<string, string>> = {
  './package.json': './package.json',
  './conformance/*.json': './src/conformance/cases/*.json',
};

describe('public API', () => {
  it('has the names it had', (t) => {
    const lines = [...subpaths()].flatMap(([subpath, file]) =>
      sorted(exportsOf(file).map(({ kind, name }) => `${join(manifest.name, subpath)} ${kind} ${name}`)),
    );
    t.assert.fileSnapshot(lines.join('\n'), join(import.meta.dirname, 'public-api.txt'), {
      serializers: [(text: string) => text],
    });
  });

  for (const [subpath, file] of subpaths()) {
    it(`${subpath} exports what its index says`, async () => {
      const module: object = await import(join(manifest.name, subpath));
      const values = exportsOf(file).filter(({ kind }) => kind === 'value');
      assert.deepEqual(sorted(Object.keys(module)), sorted(values.map(({ name }) => name)));
    });
  }

  it('has one index, one subpath and one page of documentation each', async () => {
    const indexes = globSync('src/{*/,}index.ts', { cwd: root });
    assert.deepEqual(sorted(subpaths().values()), sorted(indexes));
    for (const [subpath, conditions] of Object.entries(manifest.exports)) {
      if (typeof conditions === 'string') {
        assert.equal(conditions, DATA[subpath]);
        continue;
      }
      const name = subpath === '.' ? 'index' : `${subpath.slice(2)}/index`;
      assert.deepEqual(conditions, {
        '@narkit/source': `./src/${name}.ts`,
        types: `./dist/${name}.d.ts`,
        default: `./dist/${name}.js`,
      });
    }
    const config = pathToFileURL(join(root, 'docs/typedoc.config.js')).href;
    const { default: typedoc } = (await import(config)) as { default: { entryPoints: string[] } };
    const documented = typedoc.entryPoints.map((path) => path.replace('../', ''));
    assert.deepEqual(sorted(documented), sorted(indexes));
  });

  it('leads from the front door to everything portable', () => {
    const front = new Set(exportsOf('src/index.ts').map(({ name, kind }) => `${kind} ${name}`));
    for (const [subpath, file] of subpaths()) {
      if (SIDE.includes(subpath)) continue;
      const missing = exportsOf(file).filter(({ name, kind }) => !front.has(`${kind} ${name}`));
      assert.deepEqual(missing, [], `${subpath} has what the front door lacks`);
    }
  });

  it('documents everything it exports', () => {
    const undocumented: string[] = [];
    for (const { name, file } of [...subpaths().values()].flatMap(exportsOf)) {
      const text = readFileSync(join(root, file), 'utf8');
      const declaration = new RegExp(
        `^export (declare )?(abstract )?(async )?(function\\*?|const|class|interface|type) ${name}\\b`,
        'm',
      ).exec(text);
      assert.ok(declaration, `${file} does not declare ${name}`);
      if (!/\*\/\s*(\/\/[^\n]*\s*)*$/.test(text.slice(0, declaration.index)))
        undocumented.push(`${file}: ${name}`);
    }
    assert.deepEqual(undocumented, []);
  });

  it('throws every error code it declares', () => {
    const all = sources();
    const union =
      /NarkitErrorCode =([^;]*);/.exec(all.find(({ file }) => file === 'src/errors.ts')?.code ?? '')?.[1] ??
      '';
    const codes = [...union.matchAll(/'(ERR_[A-Z0-9_]+)'/g)].map(([, code]) => code as string);
    assert.ok(codes.length > 30);
    // UnsupportedError gives its code itself.
    const used = all
      .map(({ file, code }) => (file === 'src/errors.ts' ? code.replace(union, '') : code))
      .join('\n');
    assert.deepEqual(
      codes.filter((code) => !used.includes(`'${code}'`)),
      [],
    );
  });
});
