/** A file system that ignores case and Unicode normalisation: a real one, mounted for the test alone. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { execPath } from 'node:process';
import { test } from 'node:test';
import type { FoldingCase, FoldingResult } from '../support/restore-folding.ts';
import { tempDir } from '../support/temp.ts';

type Entry = FoldingCase['entries'][number];

const root: Entry = { type: 'directory', path: '' };
const directory = (path: string): Entry => ({ type: 'directory', path });
const regular = (path: string): Entry => ({ type: 'regular', path });

/** Why no such file system can be mounted here, if so. */
function unable(): string | false {
  const mount = [
    '--map-root-user',
    '--mount',
    'sh',
    '-c',
    'test -w /dev/fuse && mount -i -t tmpfs none /mnt',
  ];
  const { status } = spawnSync('unshare', mount, { stdio: 'ignore' });
  return status === 0 ? false : 'needs unshare, mount and /dev/fuse, and leave to use them';
}

test('two names that are one to the file system', { skip: unable(), timeout: 60_000 }, async (t) => {
  const base = await tempDir(t);
  const outside = `${base}/outside`;
  mkdirSync(outside);
  mkdirSync(`${base}/mounted`);
  const symlink = (path: string, target = outside): Entry => ({ type: 'symlink', path, target });
  const kinds = (path: string): Entry[] => [directory(path), regular(path), symlink(path)];

  /** Sorted bytewise, and one to the file system: by case, by normalisation, by both. */
  const pairs = [
    ['A', 'a'],
    ['a\u0302', '\u00e2'],
    ['A\u0302', '\u00e2'],
    ['\u00c9', '\u00e9'],
  ] as const;
  const colliding: FoldingCase[] = pairs.flatMap(([first, second]) =>
    kinds(first).flatMap((a) =>
      kinds(second).map((b) => ({
        // The second is what would be written through the first.
        entries: [root, directory('D'), { ...a, path: `D/${first}` }, { ...b, path: `D/${second}` }].concat(
          b.type === 'directory' ? [regular(`D/${second}/x`), symlink(`D/${second}/y`)] : [],
        ),
      })),
    ),
  );
  const cases: Record<string, FoldingCase> = {
    'apart in different directories': {
      entries: [root, directory('A'), regular('A/x'), directory('B'), regular('B/X')],
    },
    'the case hack': {
      entries: [
        root,
        regular('A'),
        symlink('B'),
        directory('a'),
        regular('a/x'),
        directory('b'),
        regular('b/x'),
      ],
      options: { caseHack: true },
    },
    'the case hack and a name that looks like its own': {
      entries: [root, regular('A'), regular('a'), regular('a~NIX~case~hack~1')],
      options: { caseHack: true },
    },
    'the case hack does not know normalisation, nor letters beyond ASCII': {
      entries: [root, symlink('a\u0302'), directory('\u00e2'), regular('\u00e2/x')],
      options: { caseHack: true },
    },
    'the destination': { entries: [root, regular('x')], before: 'TO' },
    'the destination, for a file': { entries: [regular('')], before: 'TO' },
    'the destination, for a link': { entries: [symlink('')], before: 'TO' },
  };

  const program = new URL('../support/restore-folding.ts', import.meta.url).pathname;
  const output = execFileSync('unshare', [
    ...['--map-root-user', '--mount', execPath, '--conditions=@narkit/source', program],
    ...[JSON.stringify([...Object.values(cases), ...colliding]), `${base}/mounted`],
  ]);
  const results = JSON.parse(String(output)) as FoldingResult[];
  const named = results.splice(0, Object.keys(cases).length).map(({ code, left }) => [code, left]);

  assert.deepEqual(Object.fromEntries(Object.keys(cases).map((name, i) => [name, named[i]])), {
    'apart in different directories': [undefined, ['to', 'to/A', 'to/B', 'to/A/x', 'to/B/X']],
    'the case hack': [
      undefined,
      [
        'to',
        ...['to/A', 'to/B', 'to/a~nix~case~hack~1', 'to/b~nix~case~hack~1'],
        ...['to/a~nix~case~hack~1/x', 'to/b~nix~case~hack~1/x'],
      ],
    ],
    'the case hack and a name that looks like its own': ['ERR_FILE_EXISTS', []],
    'the case hack does not know normalisation, nor letters beyond ASCII': ['ERR_FILE_EXISTS', []],
    'the destination': ['ERR_FILE_EXISTS', ['TO']],
    'the destination, for a file': ['ERR_FILE_EXISTS', ['TO']],
    'the destination, for a link': ['ERR_FILE_EXISTS', ['TO']],
  });
  assert.equal(results.length, colliding.length);
  for (const [i, { code, message, left }] of results.entries()) {
    const what = JSON.stringify(colliding[i]);
    assert.equal(code, 'ERR_FILE_EXISTS', what);
    assert.match(message as string, /the same name as one before it/, what);
    assert.deepEqual(left, [], what);
  }
  assert.deepEqual(readdirSync(outside), []);
});
