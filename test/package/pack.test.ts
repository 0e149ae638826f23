/**
 * The package as users get it: packed, put into a strange project, imported, compiled, bundled.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { manifest, root, subpaths } from './sources.ts';

const project = mkdtempSync(join(tmpdir(), 'narkit-consumer-'));
const installed = join(project, 'node_modules/narkit');
const names = [...subpaths().keys()].map((subpath) => join(manifest.name, subpath));

/** Puts packages of the repository into the project; nothing is downloaded. */
function install(packages: Iterable<string>): void {
  for (const name of packages) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
}

/** Runs an ES module in the project, without any condition; returns what it printed. */
function run(code: string): string {
  const options = { cwd: project, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } } as const;
  const { status, stdout, stderr } = spawnSync(execPath, ['--input-type=module', '--eval', code], options);
  if (status !== 0) assert.fail(stderr);
  return stdout.trim();
}

/** The code of a Worker that verifies a narinfo, bundled as a user would. */
async function bundle(code: string): Promise<{ bytes: Uint8Array; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: project, loader: 'ts' },
    bundle: true,
    minify: true,
    metafile: true,
    write: false,
    format: 'esm',
    conditions: ['workerd', 'worker'],
    external: ['node:*'],
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  const inputs = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { bytes: outputFiles[0]?.contents as Uint8Array, inputs: inputs.map(([path]) => path) };
}

describe('the packed package', () => {
  after(() => rmSync(project, { recursive: true }));

  before(() => {
    execFileSync(execPath, [join(root, 'scripts/build.ts')], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', project];
    const tarball = execFileSync('npm', pack, { cwd: root, encoding: 'utf8' }).trim();
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', join(project, tarball), '--strip-components=1', '-C', installed]);
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
    );
    install(Object.keys(manifest.dependencies));
  });

  it('holds the sources, their output, and nothing else', () => {
    const files = globSync('**/*', { cwd: installed, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
    const cases = files.filter((file) => file.startsWith('src/conformance/cases/'));
    assert.deepEqual(
      cases.sort(),
      globSync('src/conformance/cases/*.json', { cwd: root }).sort(),
      'the cases of the conformance kit',
    );
    const sources = files
      .filter((file) => file.startsWith('src/') && !cases.includes(file))
      .map((file) => file.slice(4, -3));
    assert.deepEqual(
      sources.sort(),
      globSync('**/*.ts', { cwd: join(root, 'src') })
        .map((file) => file.slice(0, -3))
        .sort(),
    );
    const types = ['.d.ts', '.d.ts.map'].flatMap((ending) => sources.map((name) => `dist/${name}${ending}`));
    const outputs = files.filter((file) => file.startsWith('dist/') && file.endsWith('.js'));
    const expected = [...types, ...outputs, ...outputs.map((file) => `${file}.map`)];
    const rest = files.filter((file) => !file.startsWith('src/') && !expected.includes(file));
    assert.deepEqual(rest.sort(), ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    assert.ok(outputs.length < 40, `importing many files takes long: ${outputs.join(' ')}`);
    assert.deepEqual(
      expected.filter((file) => !files.includes(file)),
      [],
    );
  });

  it('has every module in one file only', () => {
    const where = new Map<string, string>();
    for (const map of globSync('dist/**/*.js.map', { cwd: installed })) {
      const { sources } = JSON.parse(readFileSync(join(installed, map), 'utf8')) as { sources: string[] };
      for (const source of sources) {
        const module = join(map, '..', source);
        if (!module.startsWith('src/')) continue;
        assert.equal(where.get(module), undefined, `${module} is in ${map} as well`);
        where.set(module, map);
      }
    }
    assert.ok(where.size > 150);
  });

  it('can be imported by every name with its dependencies alone', () => {
    const portable = names.filter((name) => name !== 'narkit/s3');
    const loads = portable.map((name) => `n += Object.keys(await import('${name}')).length;`);
    assert.ok(Number(run(`let n = 0; ${loads.join(' ')} console.log(n)`)) > 100);
  });

  it('gives the cases of the conformance kit by name', () => {
    const code = `import { narkitOperations, runConformance } from 'narkit/conformance';
      import suite from 'narkit/conformance/nix32.json' with { type: 'json' };
      const results = await runConformance(suite, narkitOperations[suite.topic]);
      console.log(results.length > 100 && results.every(({ pass }) => pass));`;
    assert.equal(run(code), 'true');
  });

  it('says what to install for S3', () => {
    const code = `import { openStore } from 'narkit/node';
      await openStore('s3://nix-cache').catch((err) => console.log(err.code, err.message));`;
    assert.match(run(code), /^ERR_UNSUPPORTED .*npm install @aws-sdk\/client-s3/);
  });

  it('offers S3 once the SDK is there', () => {
    install(Object.keys(manifest.peerDependencies));
    assert.equal(run(`import { S3Store } from 'narkit/s3'; console.log(typeof S3Store)`), 'function');
  });

  for (const [moduleResolution, module, types] of [
    ['nodenext', 'nodenext', ['node']],
    ['bundler', 'esnext', []],
  ] as const) {
    it(`compiles in a strict project with moduleResolution ${moduleResolution}`, () => {
      const directory = join(project, moduleResolution);
      mkdirSync(directory);
      if (moduleResolution === 'nodenext') install(['@types/node', 'undici-types']);
      // Without Node's types, what is not Node's must still compile.
      const wanted = names.filter((name) => types.length > 0 || !/\/(node|s3)$/.test(name));
      const lines = wanted.map((name, i) => `export * as m${i} from '${name}';`);
      const use = `
        import { type ByteSource, isNarkitError, NarkitError } from 'narkit';
        import { parseNarInfo } from 'narkit/narinfo';
        import { MemoryStore, type WritableStore } from 'narkit/store';
        export const size: number = parseNarInfo('').narSize;
        export const store: WritableStore = new MemoryStore();
        export const source: ByteSource = new ReadableStream<Uint8Array>();
        export const caught = (err: unknown): string => (isNarkitError(err, 'ERR_UNTRUSTED') ? err.code : 'other');
        export const kept: NarkitError | undefined = undefined;
        // @ts-expect-error An unknown option is a type error.
        export const wrong = new MemoryStore({ nmae: 'x' });
        // @ts-expect-error So is a code that does not exist.
        export const never = isNarkitError(wrong, 'ERR_NO_SUCH_CODE');`;
      writeFileSync(join(directory, 'main.ts'), `${use}\n${lines.join('\n')}\n`);
      const compilerOptions = {
        module,
        moduleResolution,
        types,
        target: 'es2022',
        lib: types.length > 0 ? ['es2024'] : ['es2024', 'dom', 'dom.asynciterable', 'dom.iterable'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
      };
      writeFileSync(
        join(directory, 'tsconfig.json'),
        JSON.stringify({ compilerOptions, include: ['main.ts'] }),
      );
      const tsc = spawnSync(execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', directory], {
        encoding: 'utf8',
      });
      if (tsc.status !== 0) assert.fail(tsc.stdout);
    });
  }

  it('makes a small Worker that verifies narinfos', async () => {
    const { bytes, inputs } = await bundle(`
      import { assertTrusted, parseNarInfo } from 'narkit/narinfo';
      import { Keyring, parsePublicKey } from 'narkit/signature';
      export default {
        async fetch(request: Request): Promise<Response> {
          const info = parseNarInfo(await request.text());
          assertTrusted(info, new Keyring([parsePublicKey('k:' + 'A'.repeat(43) + '=')]));
          return new Response(info.url);
        },
      };`);
    const unwanted = inputs.filter((path) =>
      /@aws-sdk|@smithy|dist\/(?!narinfo\/|signature\/|native\/portable|chunks\/(core|base))/.test(path),
    );
    assert.deepEqual(unwanted, []);
    const size = gzipSync(bytes).length;
    assert.ok(size <= 30 * 1024, `the Worker has ${size} bytes, compressed`);
    assert.doesNotMatch(new TextDecoder().decode(bytes), /node:/);
  });

  it('bundles the front door for a Worker without a trace of Node.js', async () => {
    const { bytes } = await bundle(`export * from 'narkit';`);
    assert.doesNotMatch(new TextDecoder().decode(bytes), /["']node:/);
  });

  it('loads little for narinfos', () => {
    const before = `const modules = new Set(process.moduleLoadList.map(String));`;
    const code = `${before} await import('narkit/narinfo');
      console.log(process.moduleLoadList.filter((name) => !modules.has(name) && /^NativeModule (http|https|zlib|stream\\/web|child_process|worker_threads|net|tls)$/.test(name)).join());`;
    assert.equal(run(code), '');
    assert.ok(readFileSync(join(installed, 'dist/narinfo/index.js'), 'utf8').length < 2000);
    const cost = `const before = process.cpuUsage();
      await import('narkit/narinfo');
      const { user, system } = process.cpuUsage(before);
      console.log((user + system) / 1000);`;
    assert.ok(Number(run(cost)) < 150, 'it usually takes about 15 ms of processor time');
  });
});
