/** What is particular to trees on disk: permissions, kinds of files that no archive holds, the case hack. */

import type { Json } from '../../src/conformance/suite.ts';
import { dir, file, nar } from '../../test/nar/trees.ts';
import type { Input } from './topic.ts';

const path = (name: string): string => Buffer.from(name).toString('base64');
const contents = path('x');

/** A directory of one file for every mode. */
const MODES = ['0644', '0755', '0700', '0744', '0654', '0645', '0655', '0400', '0500', '0666'].toSorted();

const dump = (id: string, about: string, ...entries: Json[]): Input => ({
  id: `dump-${id}`,
  about,
  section: 'writing from disk',
  operation: 'dump',
  input: { entries },
});
const regular = (name: string, mode: string): Json => ({ type: 'regular', path: path(name), mode, contents });
const DIRECTORY: Json = { type: 'directory', path: '' };

/** Trees on disk to be written. */
export const diskDumps: Input[] = [
  ...MODES.map((mode) =>
    dump(`mode-${mode}`, `a file of mode ${mode}: its owner decides`, regular('', mode)),
  ),
  dump('link-root', 'a symbolic link at the root is not followed', {
    type: 'symlink',
    path: '',
    target: path('/'),
  }),
  dump('fifo', 'a named pipe', DIRECTORY, { type: 'fifo', path: path('f') }),
  dump('fifo-root', 'a named pipe at the root', { type: 'fifo', path: '' }),
];

const hack = (id: string, about: string, archive: Buffer): Input => ({
  id: `case-hack-${id}`,
  about,
  section: 'the case hack of file systems that fold cases',
  operation: 'restore-with-case-hack',
  input: { nar: archive.toString('base64') },
});

/** Archives for a file system that folds cases. */
export const caseHacks: Input[] = [
  hack('none', 'names that do not collide', nar(dir({ a: file('a'), b: file('b') }))),
  hack('two', 'two names that collide', nar(dir({ Test: file('T'), test: file('t') }))),
  hack(
    'three',
    'three of them, of different kinds',
    nar(dir({ FOO: file('1'), Foo: dir({ a: file('') }), foo: dir({ A: file(''), a: file('') }) })),
  ),
  hack(
    'inner',
    'only names of one directory collide',
    nar(dir({ A: dir({ x: file('') }), b: dir({ X: file('') }) })),
  ),
  hack('ascii', 'letters beyond ASCII do not collide', nar(dir({ É: file('1'), é: file('2') }))),
  hack(
    'taken',
    'the name that would be made up is there',
    nar(dir({ Test: file('T'), 'Test~nix~case~hack~1': file('1'), test: file('t') })),
  ),
  hack(
    'taken-later',
    'the name that would be made up is there, and comes later',
    nar(dir({ TEST: file('T'), Test: file('t'), 'Test~nix~case~hack~1': file('1') })),
  ),
];
