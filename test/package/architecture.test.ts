/**
 * The floors of the library and the rules of its sources, kept by a machine.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { describe, it } from 'node:test';
import { domainOf, manifest, root, sorted, sources } from './sources.ts';

const BASE = ['bytes', 'errors', 'options'];
const FORMATS = [
  ...BASE,
  'hash',
  'store-path',
  'signature',
  'nar',
  'narinfo',
  'realisation',
  'derivation',
  'codec',
];

/** What each part may import besides itself. Whoever needs more builds a floor higher. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  options: ['errors'],
  bytes: ['errors'],
  native: ['bytes'],
  hash: BASE,
  'store-path': [...BASE, 'hash'],
  signature: BASE,
  nar: [...BASE, 'hash', 'store-path'],
  codec: BASE,
  realisation: [...BASE, 'hash', 'store-path', 'signature'],
  narinfo: [...BASE, 'hash', 'store-path', 'signature'],
  derivation: [...BASE, 'hash', 'store-path', 'nar'],
  // Keys and bytes: a store knows nothing of Nix.
  store: BASE,
  s3: [...BASE, 'store'],
  cache: [...FORMATS, 'store'],
  handler: [...BASE, 'store', 'cache'],
  publish: [...FORMATS, 'store', 'cache'],
  testing: [...BASE, 'store'],
  conformance: [...FORMATS, 'store', 'cache'],
  node: [...FORMATS, 'store', 'cache', 'publish', 's3', 'handler'],
  index: [...FORMATS, 'store', 'cache', 'publish', 'handler'],
};

/** Files that may use what only Node.js has: those that are compiled with its types. */
const runtimeBound = (
  JSON.parse(readFileSync(join(root, 'src/node/tsconfig.json'), 'utf8')) as { include: string[] }
).include.map((pattern) => join('src/node', pattern));

const all = sources();

function offenders(rule: (source: (typeof all)[number]) => readonly string[]): string[] {
  return all.flatMap((source) => rule(source).map((what) => `${source.file}: ${what}`));
}

describe('architecture', () => {
  it('has sources', () => assert.ok(all.length > 80));

  it('keeps its floors', () => {
    const wrong = offenders(({ file, imports }) => {
      const domain = domainOf(file);
      const allowed = [domain, ...(FLOORS[domain] ?? [])];
      return imports.filter((name) => name.startsWith('src/') && !allowed.includes(domainOf(name)));
    });
    assert.deepEqual(wrong, []);
    const domains = new Set(all.map(({ file }) => domainOf(file)));
    assert.deepEqual(sorted(domains), sorted(Object.keys(FLOORS)));
  });

  it('has no cycles between files', () => {
    const importsOf = new Map(
      all.map(({ file, imports }) => [file, imports.filter((name) => name.startsWith('src/'))]),
    );
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), `a cycle: ${[...path, file].join(' -> ')}`);
      if (done.has(file)) return;
      for (const next of importsOf.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const { file } of all) visit(file, []);
  });

  it('imports concrete files, never an index', () => {
    // A lazy import of a whole optional subpath is the exception.
    const wrong = offenders(({ code }) => code.match(/from '[^']*\/index\.ts'/g) ?? []);
    assert.deepEqual(wrong, []);
  });

  it('asks for Node.js only where it may', () => {
    const wrong = offenders(({ file, code, imports }) => {
      if (runtimeBound.some((pattern) => matchesGlob(file, pattern))) return [];
      return [
        ...imports.filter((name) => name.startsWith('node:')),
        ...(code.match(/\b(process|Buffer)\./g) ?? []),
      ];
    });
    assert.deepEqual(wrong, []);
  });

  it('reaches the runtime through #native alone', () => {
    const wrong = offenders(({ file, imports }) =>
      imports.filter((name) => name.startsWith('src/native/') && domainOf(file) !== 'native'),
    );
    assert.deepEqual(wrong, []);
  });

  it('uses only packages that the manifest names, optional ones lazily', () => {
    const wrong = offenders(({ file, code, imports }) =>
      imports.filter((name) => {
        if (/^(src\/|node:|#native$)/.test(name)) return false;
        const packageName = /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? '';
        if (packageName in manifest.dependencies) return false;
        if (!(packageName in manifest.peerDependencies)) return true;
        return (
          domainOf(file) !== 's3' && new RegExp(`^import (?!type)[^;]*from '${packageName}'`, 'm').test(code)
        );
      }),
    );
    assert.deepEqual(wrong, []);
  });

  it('keeps the rules of the house', () => {
    const wrong = offenders(({ text, code }) => [
      ...(code.match(
        /typeof process\b|\bexport default\b|\.tee\(\)|(:|<|\bas) any\b|@ts-(ignore|nocheck)/g,
      ) ?? []),
      ...(text.match(/\b(TODO|FIXME|XXX)\b/g) ?? []),
      ...(text.startsWith('/**') && text.includes('@module') ? [] : ['no @module header']),
      ...(text.split('\n').length > 251 ? [`${text.split('\n').length - 1} lines`] : []),
    ]);
    assert.deepEqual(wrong, []);
  });
});
