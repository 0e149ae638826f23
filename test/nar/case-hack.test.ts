import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { archiveName, CaseHack } from '../../src/nar/case-hack.ts';

/** The names on the disk of a directory's names. */
function diskNames(...names: string[]): string[] {
  const hack = new CaseHack();
  return names.map((name) => hack.diskName(name, `dir/${name}`));
}

test('a name that differs from an earlier one in case only gets a suffix that counts', () => {
  assert.deepEqual(diskNames('AA', 'Aa', 'B', 'aA', 'aa', 'b'), [
    'AA',
    'Aa~nix~case~hack~1',
    'B',
    'aA~nix~case~hack~2',
    'aa~nix~case~hack~3',
    'b~nix~case~hack~1',
  ]);
});

test('only ASCII letters have a case', () => {
  const names = [
    'K',
    'S',
    'É',
    'é',
    '\u212a',
    '\u017f',
    'İ',
    'i\u0307',
    '\udcc0',
    '\udce0',
    '@',
    '`',
    '[',
    '{',
  ];
  assert.deepEqual(diskNames(...names), names);
});

test('a name with a suffix of the archive itself is a name like others', () => {
  assert.deepEqual(diskNames('a~nix~case~hack~1', 'A~nix~case~hack~1', 'b'), [
    'a~nix~case~hack~1',
    'A~nix~case~hack~1~nix~case~hack~1',
    'b',
  ]);
});

test('a generated name that the archive has earlier is refused, whatever its case', () => {
  for (const earlier of ['Test~nix~case~hack~1', 'TEST~NIX~case~hack~1']) {
    assert.throws(() => diskNames('Test', earlier, 'test'), {
      code: 'ERR_FILE_EXISTS',
      path: 'dir/test',
      message: /'dir\/test' repeats an earlier name.*'~nix~case~hack~1'/,
    });
  }
});

test('one that the archive has later is left to the file system, as by Nix', () => {
  assert.deepEqual(diskNames('TEST', 'Test', 'Test~nix~case~hack~1'), [
    'TEST',
    'Test~nix~case~hack~1',
    'Test~nix~case~hack~1',
  ]);
});

test('the archive has a name up to its first suffix', () => {
  for (const [disk, name] of [
    ['a', 'a'],
    ['a~nix~case~hack~1', 'a'],
    ['a~nix~case~hack~', 'a'],
    ['a~nix~case~hack~1~nix~case~hack~2', 'a'],
    ['a~nix~case~hack~x/y', 'a'],
    ['~nix~case~hack~1', ''],
    ['a~NIX~case~hack~1', 'a~NIX~case~hack~1'],
    ['a~nix~case~hack', 'a~nix~case~hack'],
  ] as const) {
    assert.equal(archiveName(disk), name);
  }
});

test('law: names without the suffix come back, and no two on the disk are one but for case', () => {
  const letters = fc.stringMatching(/^[aAbBéÉ~]{1,4}$/);
  fc.assert(
    fc.property(fc.uniqueArray(letters, { maxLength: 30 }), (names) => {
      const disk = diskNames(...names);
      assert.deepEqual(disk.map(archiveName), names);
      const folded = disk.map((name) =>
        Buffer.from(name)
          .toString('latin1')
          .replace(/[A-Z]/g, (c) => c.toLowerCase()),
      );
      assert.equal(new Set(folded).size, names.length);
    }),
  );
});
