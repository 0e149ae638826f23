/** Archives and export streams that are made to hurt. */
import { readExport } from '../../src/nar/export.ts';
import { readNar } from '../../src/nar/read.ts';
import { cut, dir, file, link, nar, str, u64 } from '../nar/trees.ts';
import type { HostileCase } from './measure.ts';

const magic = str('nix-archive-1');
const repeated = (
  head: Buffer,
  size: number,
  part: (i: number) => Buffer,
  tail: Buffer = Buffer.alloc(0),
): Buffer => {
  const parts = [head];
  for (let i = 0, length = head.length; length < size; i++) {
    const next = part(i);
    parts.push(next);
    length += next.length;
  }
  return Buffer.concat([...parts, tail]);
};
const directory = Buffer.concat([magic, str('(', 'type', 'directory')]);
const closed = str(')');
const counted = (i: number): string => String(i).padStart(7, '0');
const member = (name: string, ...node: (string | Uint8Array)[]): Buffer =>
  str('entry', '(', 'name', name, 'node', '(', ...node, ')', ')');
const level = str('entry', '(', 'name', 'd', 'node', '(', 'type', 'directory');
const huge = u64(2n ** 64n - 1n);

async function read(chunks: Iterable<Uint8Array>, inlineSize = 65_536): Promise<void> {
  for await (const _ of readNar(chunks, { inlineSize }));
}
async function readStream(chunks: Iterable<Uint8Array>): Promise<void> {
  for await (const object of readExport(chunks)) await object.info();
}
const whole = (bytes: Uint8Array): Promise<void> => read([bytes]);

const tinyFiles = (size: number): Buffer =>
  repeated(directory, size, (i) => member(counted(i), 'type', 'regular', 'contents', ''), closed);
const longNames = (size: number): Buffer =>
  repeated(directory, size, (i) => member(counted(i).padEnd(255, 'n'), 'type', 'directory'), closed);
const notUtf8 = (size: number): Buffer =>
  repeated(
    directory,
    size,
    (i) => {
      const name = Buffer.concat([Buffer.from(counted(i)), Buffer.alloc(200, 0xff)]);
      return str(
        'entry',
        '(',
        'name',
        name,
        'node',
        '(',
        'type',
        'symlink',
        'target',
        Buffer.alloc(4095, 0xfe),
        ')',
        ')',
      );
    },
    closed,
  );
const large = (size: number): Buffer => nar(file(Buffer.alloc(size)));
const stream = (size: number): Buffer =>
  repeated(
    Buffer.concat([
      u64(1),
      nar(link('x')),
      u64(0x4558494e),
      str('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a'),
      u64(1_000_000),
    ]),
    size,
    () => str('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt'),
  );

const cases: [string, (size: number) => Buffer, (bytes: Buffer) => Promise<void>, boolean][] = [
  ['tiny files', tinyFiles, whole, true],
  ['tiny files, byte by byte', tinyFiles, (bytes) => read(cut(bytes, [1])), true],
  ['tiny files, empty chunks between the bytes', tinyFiles, (b) => read(cut(b, [0, 0, 1])), true],
  ['long names', longNames, whole, true],
  ['names and targets that are no UTF-8', notUtf8, whole, true],
  ['nothing but openings of directories', (n) => repeated(directory, n, () => level), whole, false],
  [
    'directories 63 deep, again and again',
    (n) => {
      let chain = dir();
      for (let i = 0; i < 61; i++) chain = dir({ ['n'.repeat(255)]: chain });
      const inner = nar(chain).subarray(24);
      return repeated(
        directory,
        n,
        (i) => Buffer.concat([str('entry', '(', 'name', counted(i), 'node'), inner, closed]),
        closed,
      );
    },
    whole,
    true,
  ],
  ['a keyword of any length', (n) => Buffer.concat([magic, u64(n), Buffer.alloc(n, 0x28)]), whole, false],
  ['contents, byte by byte, whole', large, (bytes) => read(cut(bytes, [1]), 2 ** 40), true],
  ['contents, byte by byte, as a stream', large, (bytes) => read(cut(bytes, [1])), true],
  [
    'contents that claim 2^53-1 bytes, to be held',
    (n) => Buffer.concat([magic, str('(', 'type', 'regular', 'contents'), u64(2 ** 53 - 1), Buffer.alloc(n)]),
    (b) => read(cut(b, [1000]), Number.MAX_SAFE_INTEGER),
    false,
  ],
  ['an export stream with a million references', stream, (bytes) => readStream([bytes]), false],
  ['an export stream, byte by byte', stream, (bytes) => readStream(cut(bytes, [1])), false],
  [
    'export objects without end',
    (n) =>
      repeated(Buffer.alloc(0), n, () =>
        Buffer.concat([
          u64(1),
          nar(link('x')),
          u64(0x4558494e),
          str('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a'),
          u64(0),
          str(''),
          u64(0),
        ]),
      ),
    (b) => readStream([b]),
    false,
  ],
];
for (const words of [
  [],
  ['('],
  ['(', 'type'],
  ['(', 'type', 'regular'],
  ['(', 'type', 'regular', 'executable'],
  ['(', 'type', 'regular', 'contents'],
  ['(', 'type', 'symlink'],
  ['(', 'type', 'symlink', 'target'],
  ['(', 'type', 'directory'],
  ['(', 'type', 'directory', 'entry'],
  ['(', 'type', 'directory', 'entry', '(', 'name'],
]) {
  cases.push([
    `a length of 2^64-1 behind '${words.join(' ')}'`,
    (n) => Buffer.concat([magic, str(...words), huge, Buffer.alloc(n)]),
    whole,
    false,
  ]);
}

/** Cases whose bytes are given to a reader. */
export const NAR_CASES: HostileCase[] = cases.map(([name, make, run, valid]) => ({
  name,
  make,
  run: (input) => run(input as Buffer),
  errors: valid ? [] : ['NarError'],
}));
