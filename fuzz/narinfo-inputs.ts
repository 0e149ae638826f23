/** Narinfos, right and wrong: a generated one, of which lines and values are changed, or bytes. */
import fc from 'fast-check';
import { printNarInfo } from '../src/narinfo/print.ts';
import { narInfos } from '../test/narinfo/arbitraries.ts';
import { blind } from './bytes.ts';
import { valueMutations } from './narinfo-values.ts';

/** Bytes are latin1 characters here. */
interface Line {
  name: string;
  separator: string;
  value: string;
  end: string;
}

type LineMutation = (lines: Line[]) => void;

const at = fc.nat(0xffff);
const line = (name: string, value: string): Line => ({ name, separator: ': ', value, end: '\n' });

/** Changes one line. */
const change = (apply: fc.Arbitrary<(line: Line) => void>): fc.Arbitrary<LineMutation> =>
  fc.tuple(at, apply).map(([index, work]) => (lines) => {
    const picked = lines[index % lines.length];
    if (picked !== undefined) work(picked);
  });

/** Puts a line in. */
const insert = (made: fc.Arbitrary<Line>): fc.Arbitrary<LineMutation> =>
  fc.tuple(at, made).map(([index, extra]) => (lines) => {
    lines.splice(index % (lines.length + 1), 0, { ...extra });
  });

const drop = at.map(
  (index): LineMutation =>
    (lines) => {
      if (lines.length > 1) lines.splice(index % lines.length, 1);
    },
);

const repeat = fc.tuple(at, at).map(
  ([from, to]): LineMutation =>
    (lines) => {
      const picked = lines[from % lines.length];
      if (picked !== undefined) lines.splice(to % (lines.length + 1), 0, { ...picked });
    },
);

const move = fc.tuple(at, at).map(
  ([from, to]): LineMutation =>
    (lines) => {
      lines.splice(to % lines.length, 0, ...lines.splice(from % lines.length, 1));
    },
);

const separator = fc
  .constantFrom(':', ':  ', ':\t', ': \t', ' : ', '', ' ', '=', ': :')
  .map((text) => (picked: Line) => {
    picked.separator = text;
  });

const end = fc.constantFrom('\r\n', '', ' \n', '\n\n', '\t\n', '\0\n', '\r').map((text) => (picked: Line) => {
  picked.end = text;
});

const name = fc
  .constantFrom<(old: string) => string>(
    (old) => old.toLowerCase(),
    (old) => old.toUpperCase(),
    (old) => ` ${old}`,
    (old) => `${old} `,
    (old) => `X-${old}`,
    () => '',
    () => 'System',
  )
  .map((rename) => (picked: Line) => {
    picked.name = rename(picked.name);
  });

const unknown = fc.constantFrom(
  line('X-Origin', 'builder 7'),
  line('System', 'x86_64-linux'),
  line('X', ''),
  line('\xff', '\xfe'),
  line('\xc3\xa9', '\xe2\x82\xac'),
  line('', 'no name'),
  { ...line('', ''), separator: '' },
  { ...line('# comment', ''), separator: '' },
);

/** Gives a field another value, and adds the field where it is missing. */
const value = fc
  .oneof(...valueMutations.map(([field, made]) => made.map((apply) => [field, apply] as const)))
  .map(
    ([field, apply]): LineMutation =>
      (lines) => {
        const picked = lines.find((known) => known.name === field);
        if (picked !== undefined) picked.value = apply(picked.value);
        else lines.push(line(field, apply('')));
      },
  );

const lineMutation: fc.Arbitrary<LineMutation> = fc.oneof(
  { arbitrary: value, weight: 12 },
  { arbitrary: drop, weight: 2 },
  { arbitrary: repeat, weight: 2 },
  { arbitrary: move, weight: 1 },
  { arbitrary: change(separator), weight: 1 },
  { arbitrary: change(end), weight: 1 },
  { arbitrary: change(name), weight: 1 },
  { arbitrary: insert(unknown), weight: 1 },
);

const texts = narInfos.map((info) => Buffer.from(printNarInfo(info)));

function linesOf(bytes: Buffer): Line[] {
  return bytes
    .toString('latin1')
    .slice(0, -1)
    .split('\n')
    .map((whole) => {
      const colon = whole.indexOf(':');
      return line(whole.slice(0, colon), whole.slice(colon + 2));
    });
}

const byLines = fc
  .tuple(texts, fc.array(lineMutation, { minLength: 0, maxLength: 3 }))
  .map(([bytes, mutations]) => {
    const lines = linesOf(bytes);
    for (const mutate of mutations) mutate(lines);
    return Buffer.from(lines.map((l) => l.name + l.separator + l.value + l.end).join(''), 'latin1');
  });

const byBytes = fc.tuple(texts, blind).map(([bytes, mutate]) => mutate(bytes));

/** What the fuzzer feeds to both readers. */
export const narInfoInputs: fc.Arbitrary<Buffer> = fc.oneof(
  { arbitrary: byLines, weight: 4 },
  { arbitrary: byBytes, weight: 1 },
);
