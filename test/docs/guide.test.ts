/**
 * What the documentation claims in tables, links and configuration files is so.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import * as narkit from 'narkit';
import { nodeCodecs, parseStoreUrl } from 'narkit/node';
import { readConfig } from '../../examples/post-build-hook/config.ts';
import { HOOK_SETTINGS, TARGET_SETTINGS } from '../../examples/post-build-hook/settings.ts';
import { exportsOf, manifest, sorted, subpaths } from '../package/sources.ts';
import { blocks, pages, root } from './blocks.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The cells of every table row of a page that begins with code, without the back-ticks of the first. */
function rows(file: string): string[][] {
  return [...read(file).matchAll(/^\| `([^`]+)` *\|(.*)\|$/gm)].map(([, first = '', rest = '']) => [
    first,
    ...rest.split('|').map((cell) => cell.trim()),
  ]);
}

describe('the guide', () => {
  const work = mkdtempSync(join(tmpdir(), 'narkit-guide-'));
  after(() => rmSync(work, { recursive: true }));

  it('lists every error code with its class, and no other', () => {
    const union = /NarkitErrorCode =([^;]*);/.exec(read('src/errors.ts'))?.[1] ?? '';
    const codes = [...union.matchAll(/'(ERR_\w+)'/g)].map(([, code]) => code as string);
    const documented = rows('docs/guide/errors.md').filter(([code]) => code?.startsWith('ERR_'));
    assert.deepEqual(
      documented.map(([code]) => code),
      codes,
    );
    for (const [code, name = '', when, what] of documented) {
      assert.ok(name.slice(1, -1) in narkit, `${code}: there is no class ${name}`);
      assert.ok(when && what, `${code}: a cell is empty`);
    }
  });

  it('names the class that the sources use', () => {
    const sources = [...subpaths().values()].flatMap(exportsOf).map(({ file }) => file);
    const text = [...new Set([...sources, 'src/node/fs-path.ts', 'src/node/reveal.ts'])].map(read).join('\n');
    const classOf = new Map(rows('docs/guide/errors.md').map(([code, name]) => [code, name?.slice(1, -1)]));
    const thrown = [...text.matchAll(/new (\w+Error)\(\s*'(ERR_\w+)'/g)];
    assert.ok(thrown.length > 20);
    for (const [, name, code] of thrown) assert.equal(name, classOf.get(code as string), code);
  });

  it('lists the fields of every error class', () => {
    for (const [name = '', fields = ''] of rows('docs/guide/errors.md').filter(([cell]) =>
      /^\w+Error$/.test(cell ?? ''),
    )) {
      const body =
        new RegExp(`class ${name} extends[^{]*\\{([\\s\\S]*?)constructor`).exec(read('src/errors.ts'))?.[1] ??
        '';
      const own = [...body.matchAll(/^ {2}readonly (\w+):/gm)].map(([, field]) => field as string);
      const told = [...fields.matchAll(/`(\w+)`/g)].map(([, field]) => field as string);
      assert.deepEqual(
        told,
        own.filter((field) => field !== 'code'),
        name,
      );
    }
  });

  it('lists every subpath in the README', () => {
    const names = [...subpaths().keys()].map((subpath) => join(manifest.name, subpath));
    assert.deepEqual(
      rows('README.md')
        .map(([name]) => name)
        .filter((name) => name?.startsWith('narkit')),
      names,
    );
  });

  it('names scripts that exist', () => {
    for (const page of pages()) {
      for (const [, script = ''] of read(page).matchAll(/npm run ([a-z0-9:-]+)/g))
        assert.ok(script in manifest.scripts, `${page}: ${script}`);
    }
  });

  it('lists the codecs of Node.js with their extensions', () => {
    const table = rows('docs/guide/codecs.md').filter(([, key]) => key?.startsWith('`.nar'));
    const codecs = nodeCodecs.map(({ name, extension }) => `${name} \`.nar${extension}\``);
    assert.deepEqual(sorted(table.map((cells) => cells.slice(0, 2).join(' '))), sorted(codecs));
  });

  it('has no dead links', () => {
    for (const page of pages()) {
      for (const [, link = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link)) continue;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(join(root, target)), `${page}: ${link}`);
        const headings = [...(anchor === undefined ? '' : read(target)).matchAll(/^#+ (.*)$/gm)].map(
          ([, text = '']) =>
            text
              .toLowerCase()
              .replaceAll(/[^\w\s-]/g, '')
              .replaceAll(' ', '-'),
        );
        assert.ok(anchor === undefined || headings.includes(anchor), `${page}: ${link}`);
      }
    }
  });

  it('lists every setting of the hook', () => {
    const known = sorted([...TARGET_SETTINGS, ...HOOK_SETTINGS]);
    const told = rows('examples/post-build-hook/README.md')
      .map(([name = '']) => name)
      .filter((name) => !/^\d/.test(name));
    assert.deepEqual(sorted(told), known);
  });

  for (const block of blocks().filter(({ flags }) => flags.includes('upload-to-cache.conf'))) {
    it(`${block.file}:${block.line} configures the hook`, async () => {
      const file = join(work, `${block.line}.conf`);
      writeFileSync(file, block.code);
      const config = await readConfig(file);
      for (const target of config.targets) {
        const url = parseStoreUrl(target.cacheUrl('/nix/store'));
        assert.ok(['s3', 'file', 'https'].includes(url.scheme));
        assert.deepEqual(target.secretKeyFiles, ['/etc/nix/key.private']);
      }
    });
  }

  for (const block of blocks().filter(({ flags }) => flags.includes('nix.conf'))) {
    it(`${block.file}:${block.line} is a nix.conf`, () => {
      for (const line of block.code.split('\n')) {
        const [, name = '', value = ''] = /^([a-z-]+) = (.+)$/.exec(line) ?? [];
        assert.ok(
          ['post-build-hook', 'extra-substituters', 'extra-trusted-public-keys'].includes(name),
          line,
        );
        if (name === 'extra-substituters') parseStoreUrl(value);
        if (name === 'extra-trusted-public-keys') narkit.parsePublicKey(value);
      }
    });
  }
});
