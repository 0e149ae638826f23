/** The optional packages: loaded late, named when missing, and never dragged into a bundle. */
import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';
import { build } from 'esbuild';
import type { Decoder } from '../../src/codec/codec.ts';
import { isNarkitError } from '../../src/errors.ts';
import { all } from './laws.ts';

const MISSING = new Set(['fzstd', 'xz-decompress']);

test('a missing optional package is named, at first use', async () => {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (MISSING.has(specifier)) throw new Error(`no such package: ${specifier}`);
      return next(specifier, context);
    },
  });
  try {
    const { xzDecoder, zstdDecoder } = await import('../../src/codec/index.ts');
    for (const [decoder, peer] of [
      [zstdDecoder, 'fzstd'],
      [xzDecoder, 'xz-decompress'],
    ] as [Decoder, string][]) {
      const output = decoder.decompress(nothing());
      await assert.rejects(all(output), (err) => {
        assert.ok(isNarkitError(err, 'ERR_UNSUPPORTED'));
        assert.match(err.message, new RegExp(`'${peer}'.*install`));
        return true;
      });
    }
  } finally {
    hooks.deregister();
  }
});

test('a bundle for browsers loads no package of a codec until it is used', async () => {
  const result = await build({
    entryPoints: [new URL('../../src/codec/index.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    metafile: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    outdir: 'out',
    logLevel: 'silent',
  });
  const outputs = result.metafile.outputs;
  const reached = new Set<string>();
  const queue = Object.keys(outputs).filter((name) =>
    outputs[name]?.entryPoint?.endsWith('src/codec/index.ts'),
  );
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const { path, kind } of outputs[name]?.imports ?? [])
      if (kind === 'import-statement') queue.push(path);
  }
  const inputs = [...reached].flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
  assert.ok(inputs.some((input) => input.endsWith('src/codec/gzip.ts')));
  assert.deepEqual(
    inputs.filter((input) => /node_modules\/(fflate|fzstd|xz-decompress)\//.test(input)),
    [],
  );
});

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(1);
}
