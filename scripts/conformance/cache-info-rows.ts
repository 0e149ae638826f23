/** The rows of the topic `cache-info`. */
import type { Input } from './topic.ts';

/** What a client takes from the file. */
export interface Read {
  readonly priority: number;
  readonly wantMassQuery: boolean;
}

type Row = readonly [id: string, text: string, about: string, priority?: number, wantMassQuery?: boolean];

const DIR = 'StoreDir: /nix/store\n';

/** By section: the text, and what is expected of those that read it; the order of questions tells whether they do. */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  'what servers say': [
    ['suggested', `${DIR}WantMassQuery: 1\nPriority: 30\n`, 'all three', 30, true],
    ['nixos', `${DIR}WantMassQuery: 1\nPriority: 40\n`, 'as cache.nixos.org', 40, true],
    ['store-dir-alone', DIR, 'as Nix writes it'],
    ['empty', '', 'nothing'],
  ],
  'StoreDir: must be that of the client, if it is there': [
    ['no-store-dir', 'Priority: 30\n', 'absent', 30],
    ['other-store-dir', 'StoreDir: /gnu/store\n', 'another'],
    ['store-dir-slash', 'StoreDir: /nix/store/\n', 'a slash at the end'],
    ['store-dir-empty', 'StoreDir:\n', 'empty'],
    ['store-dir-lower-case', 'storedir: /gnu/store\n', 'a key of another case is an unknown one'],
    ['store-dir-twice-second-other', `${DIR}StoreDir: /gnu/store\n`, 'twice, the second another'],
    ['store-dir-twice-first-other', `StoreDir: /gnu/store\n${DIR}`, 'twice, the first another'],
  ],
  'Priority: a decimal integer, 0 where it is absent': [
    ['priority-0', `${DIR}Priority: 0\n`, '0'],
    ['priority-1', `${DIR}Priority: 1\n`, '1', 1],
    ['priority-negative', `${DIR}Priority: -5\n`, 'negative', -5],
    ['priority-plus', `${DIR}Priority: +5\n`, 'with a plus', 5],
    ['priority-leading-zero', `${DIR}Priority: 010\n`, 'with a zero in front', 10],
    ['priority-largest', `${DIR}Priority: 2147483646\n`, 'nearly 2^31', 2147483646],
    ['priority-2-31', `${DIR}Priority: 2147483648\n`, '2^31'],
    ['priority-2-70', `${DIR}Priority: 1180591620717411303424\n`, '2^70'],
    ['priority-word', `${DIR}Priority: high\n`, 'a word'],
    ['priority-empty', `${DIR}Priority:\n`, 'empty'],
    ['priority-text-after', `${DIR}Priority: 40 or so\n`, 'text after the number', 40],
    ['priority-fraction', `${DIR}Priority: 40.5\n`, 'a fraction', 40],
    ['priority-hex', `${DIR}Priority: 0x10\n`, 'in hexadecimal'],
    ['priority-twice', `${DIR}Priority: 10\nPriority: 20\n`, 'twice', 20],
  ],
  'WantMassQuery: only 1 is true': [
    ['mass-1', `${DIR}WantMassQuery: 1\n`, '1', 0, true],
    ['mass-0', `${DIR}WantMassQuery: 0\n`, '0'],
    ['mass-true', `${DIR}WantMassQuery: true\n`, 'true'],
    ['mass-yes', `${DIR}WantMassQuery: yes\n`, 'yes'],
    ['mass-11', `${DIR}WantMassQuery: 11\n`, '11'],
    ['mass-01', `${DIR}WantMassQuery: 01\n`, '01'],
    ['mass-empty', `${DIR}WantMassQuery:\n`, 'empty'],
    ['mass-lower-case', `${DIR}wantmassquery: 1\n`, 'a key of another case is an unknown one'],
    ['mass-twice-last-1', `${DIR}WantMassQuery: 0\nWantMassQuery: 1\n`, 'twice, the second 1', 0, true],
    ['mass-twice-last-0', `${DIR}WantMassQuery: 1\nWantMassQuery: 0\n`, 'twice, the second 0'],
  ],
  'lines: <key>:<value>, white space around the value left out': [
    ['crlf', 'StoreDir: /nix/store\r\nWantMassQuery: 1\r\nPriority: 30\r\n', 'CR LF', 30, true],
    ['no-space', 'StoreDir:/nix/store\nWantMassQuery:1\nPriority:30\n', 'no space after the colon', 30, true],
    ['many-spaces', 'StoreDir:   /nix/store  \nPriority: \t 30 \n', 'more white space', 30],
    ['no-newline-at-the-end', `${DIR}Priority: 30`, 'no newline at the end', 30],
    ['blank-lines', `\n\n${DIR}\n\nPriority: 30\n\n`, 'blank lines', 30],
    ['no-colon', `hello\n${DIR}Priority: 30\n`, 'a line without a colon', 30],
    ['unknown-key', `${DIR}Comment: hello: world\nPriority: 30\n`, 'an unknown key', 30],
    ['space-before-key', `${DIR} Priority: 30\n`, 'a space in front of the key makes it another'],
    ['space-after-key', `${DIR}Priority : 30\n`, 'so does one after it'],
    ['empty-key', `${DIR}: 30\n`, 'an empty key'],
    ['order', `Priority: 30\nWantMassQuery: 1\n${DIR}`, 'in another order', 30, true],
    ['html', '<html><body>Not Found</body></html>\n', 'a page of another kind'],
  ],
};

/** What each is expected to be read as. */
export const EXPECTED: ReadonlyMap<string, Read> = new Map(
  Object.values(ROWS)
    .flat()
    .map(([id, , , priority = 0, wantMassQuery = false]) => [id, { priority, wantMassQuery }]),
);

const NO_INTEGER =
  'Nix takes the digits at the start and leaves out the rest; narkit refuses what is no plain integer, for it is a mistake';

/** Why narkit differs, by the id of the case. */
const WHY: Readonly<Record<string, string>> = {
  'store-dir-twice-first-other':
    'Nix holds every StoreDir to its own; narkit takes the last of several lines, as it does with the other keys',
  'priority-plus': NO_INTEGER,
  'priority-text-after': NO_INTEGER,
  'priority-fraction': NO_INTEGER,
  'priority-hex': NO_INTEGER,
  'priority-2-31': 'Nix has an integer of 32 bits, and fails; narkit takes every exact integer',
};

export const inputs: readonly Input[] = Object.entries(ROWS).flatMap(([section, rows]) =>
  rows.map(([id, text, about]): Input => {
    const why = WHY[id];
    const rest = why === undefined ? {} : { why };
    return { id, about, section, operation: 'parse', input: { text }, ...rest };
  }),
);
