/**
 * Every `ts` block of README, guide, examples and doc comments compiles, runs, and prints what its
 * comments say. Blocks marked `no-run` only compile: they need a server, Nix, or files in /etc.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { after, before, describe, it } from 'node:test';
import { type Block, blocks, root } from './blocks.ts';
import type { Outcome } from './run-blocks.ts';

/** In the repository, so that 'narkit' resolves to it; out of git and of the package. */
const directory = join(root, 'dist/.examples');

const all = blocks().filter((block) => block.language === 'ts');
const runnable = all.filter((block) => !block.flags.includes('no-run'));
const fileOf = ({ file, line }: Block): string =>
  join(directory, `${file.replaceAll(/[/.]/g, '-')}-${line}.ts`);

/** What the comment after a `console.log`, or on the next line, promises; by the line of the call. */
function promises(block: Block): Map<number, string> {
  const found = new Map<number, string>();
  const lines = block.code.split('\n').map(split);
  for (const [index, { code }] of lines.entries()) {
    if (!code.includes('console.log(')) continue;
    const end = lines.findIndex((line, at) => at >= index && line.code.endsWith(';'));
    const next = lines[end + 1];
    const promise = lines[end]?.comment ?? (next?.code === '' ? next.comment : undefined);
    if (promise !== undefined) found.set(block.line + index, promise);
  }
  return found;
}

/** Code and comment of a line; the slashes of a URL begin no comment. */
function split(line: string): { code: string; comment: string | undefined } {
  const at = line.search(/(?<!:)\/\/ /);
  if (at < 0) return { code: line.trim(), comment: undefined };
  return { code: line.slice(0, at).trim(), comment: line.slice(at + 3) };
}

/** `...` stands for anything; white space does not count. */
function matches(promise: string, texts: readonly string[]): boolean {
  const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
  const parts = squeeze(promise)
    .split('...')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('.*')}$`, 's');
  return texts.some((text) => pattern.test(squeeze(text)));
}

describe('examples in the documentation', () => {
  let outcomes: Record<string, Outcome> = {};

  const cwd = mkdtempSync(join(tmpdir(), 'narkit-examples-'));
  after(() => rmSync(cwd, { recursive: true }));

  before(() => {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const block of all) {
      // Blank lines in front: a message about line 50 is about line 50 of the document.
      writeFileSync(fileOf(block), `${'\n'.repeat(block.line - 1)}${block.code}\nexport {};\n`);
    }
    writeFileSync(
      join(directory, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../test/tsconfig.json',
        compilerOptions: { noUnusedLocals: false, rootDir: '../..' },
        include: ['*.ts'],
      }),
    );
    mkdirSync(join(cwd, 'src'));
    writeFileSync(join(cwd, 'src/hello.txt'), 'hello\n');
    const result = join(cwd, 'outcomes.json');
    const run = spawnSync(
      execPath,
      ['--conditions=@narkit/source', join(root, 'test/docs/run-blocks.ts'), result, ...runnable.map(fileOf)],
      { cwd, encoding: 'utf8', timeout: 60_000, env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
    );
    outcomes = JSON.parse(readFileSync(result, 'utf8'));
    assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
  });

  it('are there', () => {
    assert.ok(all.length > 50, `only ${all.length} blocks were found`);
    assert.ok(runnable.length > all.length / 2);
  });

  it('compile', () => {
    const tsc = spawnSync(execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', directory], {
      cwd: root,
      encoding: 'utf8',
    });
    if (tsc.status !== 0) assert.fail(tsc.stdout);
  });

  for (const block of runnable) {
    it(`${block.file}:${block.line} runs`, () => {
      const { error, logged } = outcomes[fileOf(block)] as Outcome;
      if (error !== undefined) assert.fail(error);
      for (const [line, promise] of promises(block)) {
        const call = logged.find((one) => one.line === line);
        assert.ok(call, `${block.file}:${line} printed nothing; its comment says ${promise}`);
        assert.ok(
          matches(promise, call.texts),
          `${block.file}:${line} printed ${call.texts[0]}; its comment says ${promise}`,
        );
      }
    });
  }
});
