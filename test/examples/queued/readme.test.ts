/**
 * What README.md of the queued hook and its page of the guide say is so.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { readConfig } from '../../../examples/post-build-hook/config.ts';
import { readHookConfig } from '../../../examples/post-build-hook/queued/hook/hook-config.ts';
import { Metrics } from '../../../examples/post-build-hook/queued/metrics.ts';
import { QUEUE_SETTINGS, TARGET_SETTINGS } from '../../../examples/post-build-hook/settings.ts';
import { blocks, root } from '../../docs/blocks.ts';
import { tempDir } from '../../support/temp.ts';

const PAGE = 'examples/post-build-hook/queued/README.md';
const PAGES = [PAGE, 'docs/guide/post-build-hook-queued.md'];
const queued = join(root, 'examples/post-build-hook/queued');
const text = readFileSync(join(root, PAGE), 'utf8');
const ours = blocks().filter(({ file }) => PAGES.includes(file));
const shell = ours.filter(({ language }) => language === 'sh').flatMap(({ code }) => code.split('\n'));

/** Cells of the rows of the table with this heading, without the back-ticks of the first. */
function table(heading: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} `)) + 2;
  assert.ok(start > 2, `there is no table '${heading}'`);
  const end = lines.findIndex((line, index) => index >= start && !line.startsWith('|'));
  return lines.slice(start, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
}

/** The tables that begin with `setting`: of targets and of everything. */
function settings(): Map<string, string> {
  const second = text.slice(text.indexOf('Of everything, before'));
  const rows = [...text.slice(text.indexOf('Of a target, or')).matchAll(/^\| `([a-z-]+)` +\| ([^|]*)\|/gm)];
  const end = second.indexOf('`upload-to-cache.conf`');
  assert.ok(end > 0);
  const hook = text.indexOf('`upload-to-cache.conf` of the plain');
  const offset = text.indexOf('Of a target, or');
  return new Map(
    rows
      .filter(({ index }) => index + offset < hook)
      .map(([, name = '', value = '']) => [name, value.trim()]),
  );
}

describe('the settings', () => {
  it('are those that there are', () => {
    const known = [...TARGET_SETTINGS, ...QUEUE_SETTINGS, 'store-dir', 'nix-bin-dir'];
    assert.deepEqual([...settings().keys()].sort(), [...known].sort());
  });

  it('have the defaults that are told', async (t) => {
    const dir = await tempDir(t);
    const literal = [...settings()].filter(([, value]) => value.startsWith('`'));
    assert.ok(literal.length > 10);
    const lines = literal.map(([name, value]) => `${name} = ${value.slice(1, -1)}\n`);
    await writeFile(join(dir, 'told.conf'), `cache = file:///c\n${lines.join('')}`);
    await writeFile(join(dir, 'none.conf'), 'cache = file:///c\n');
    const [told, none] = [await readConfig(join(dir, 'told.conf')), await readConfig(join(dir, 'none.conf'))];
    assert.deepEqual(told.queue, none.queue);
    const [one, other] = [told.targets[0], none.targets[0]];
    assert.deepEqual({ ...one, cacheUrl: 0, concurrency: 0 }, { ...other, cacheUrl: 0, concurrency: 0 });
  });

  it('of the hook', async (t) => {
    const file = join(await tempDir(t), 'hook.conf');
    await writeFile(file, 'unknown = x\n');
    const { problems, queueDir, gcRootsDir, strict } = await readHookConfig(file);
    const [, known = ''] = /one of (.*)$/.exec(problems[0] ?? '') ?? [];
    const rows = table('hook setting');
    assert.deepEqual(
      rows.map(([name]) => name),
      known.split(', '),
    );
    assert.deepEqual(
      rows.map(([, value]) => value),
      [queueDir, gcRootsDir, String(strict), 'none'],
    );
  });
});

describe('the blocks', () => {
  it('are there', () => {
    assert.ok(ours.length > 25 && shell.length > 30);
  });

  for (const block of ours.filter(({ flags }) => flags.includes('upload-queue.conf'))) {
    it(`${block.file}:${block.line} configures the service`, async (t) => {
      const file = join(await tempDir(t), 'upload-queue.conf');
      await writeFile(file, block.code);
      const { targets } = await readConfig(file);
      assert.equal(targets.length, Math.max(1, block.code.match(/^\[/gm)?.length ?? 0));
    });
  }

  for (const block of ours.filter(({ flags }) => flags.includes('enqueue-upload.conf'))) {
    it(`${block.file}:${block.line} configures the hook`, async (t) => {
      const file = join(await tempDir(t), 'enqueue-upload.conf');
      await writeFile(file, block.code);
      assert.deepEqual((await readHookConfig(file)).problems, []);
    });
  }
});

describe('the commands', () => {
  const help = new Map<string, string>();
  const run = promisify(execFile);
  const helpOf = async (...words: string[]): Promise<string> =>
    (
      await run(process.execPath, [
        '--conditions=@narkit/source',
        join(queued, 'upload-queue.ts'),
        ...words,
        '--help',
      ])
    ).stdout;

  /** Command and flags of every line with `upload-queue` in the shell blocks, and in the text. */
  const used = [
    ...shell,
    ...[...text.matchAll(/`(upload-queue [^`]*)`/g)].map(([, line = '']) => line),
  ].flatMap((line) => {
    const [, words] = /(?:^|\/)upload-queue ([a-z].*)$/.exec(line) ?? [];
    return words === undefined ? [] : [words.split(' ')];
  });

  before(async () => {
    help.set('', await helpOf());
    const names = [...new Set(used.map(([name = '']) => name))];
    const texts = await Promise.all(names.map(async (name) => [name, await helpOf(name)] as const));
    for (const [name, one] of texts) help.set(name, one);
  });

  it('are told, all of them', () => {
    const known = [...(help.get('') ?? '').matchAll(/^ {2}([a-z]+) .*/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== 'help');
    assert.ok(known.length >= 9);
    assert.deepEqual(
      table('command')
        .map(([name = '']) => name.replace('upload-queue ', ''))
        .sort(),
      known.sort(),
    );
  });

  it('exist, with their flags', () => {
    assert.ok(used.length > 15);
    for (const [name = '', ...words] of used) {
      assert.match(help.get(name) ?? '', new RegExp(`^Usage: upload-queue ${name} `), name);
      for (const flag of words.filter((word) => word.startsWith('--')))
        assert.ok(help.get(name)?.includes(`${flag} `), `${name} ${flag}`);
    }
  });

  it('copy files that are there', () => {
    const copied = shell.flatMap((line) => /^cp (\S+) /.exec(line)?.[1] ?? []);
    assert.ok(copied.length >= 3);
    for (const file of copied) assert.ok(existsSync(join(root, file)), file);
    const programs = /^install -m 755 (.*) \/etc\/nix\/$/m.exec(shell.join('\n'))?.[1]?.split(' ') ?? [];
    const build = readFileSync(join(root, 'scripts/build-hook.ts'), 'utf8');
    assert.equal(programs.length, 3);
    for (const program of programs)
      assert.ok(build.includes(`'${program.replace('build/', '')}': {`), program);
  });
});

describe('the numbers', () => {
  it('of Prometheus that are named are there', async () => {
    const metrics = new Metrics(async () => []);
    const shown = await metrics.text();
    const named = [...text.matchAll(/nix_upload_\w+/g)].map(([name]) => name);
    assert.ok(named.length >= 2);
    for (const name of named) assert.match(shown, new RegExp(`^# TYPE ${name} `, 'm'));
  });
});
