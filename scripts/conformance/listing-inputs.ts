/** Listings, right and wrong. */
import { file, link, nar, T } from '../../test/nar/trees.ts';
import { treeReads } from './nar-trees.ts';
import type { Input } from './topic.ts';

/** Name, what is special, the text, why narkit differs. */
type Row = readonly [id: string, about: string, text: string, why?: string];

/** What the reader of Nix does not get to see: it reads the node alone. */
export const PREFIX = '{"version":1,"root":';
export const SUFFIX = '}';

const document = (node: string): string => `${PREFIX}${node}${SUFFIX}`;
const directory = (...members: string[]): string => `{"type":"directory","entries":{${members.join(',')}}}`;
const FILE = '{"type":"regular","size":6,"narOffset":96}';
const regular = (...members: string[]): string =>
  `{"type":"regular","size":6,"narOffset":96${members.map((m) => `,${m}`).join('')}}`;
const sized = (size: string, offset = '96'): string =>
  `{"type":"regular","size":${size},"narOffset":${offset}}`;
const named = (name: string): string => directory(`${JSON.stringify(name)}:${FILE}`);

function deep(names: number): string {
  let node = directory();
  for (let i = 0; i < names; i++) node = directory(`"d":${node}`);
  return node;
}

const UNSAFE =
  'a listing is not signed: what could never be in an archive is refused before it becomes a path';
const COUNTS = 'a size or offset that is no integer from 0 to 2^53-1 is refused; Nix converts it';

const NODES: readonly Row[] = [
  ['file', 'a file', FILE],
  ['file-executable', 'an executable file', regular('"executable":true')],
  ['file-not-executable', 'executable said to be false, as newer versions do', regular('"executable":false')],
  [
    'key-order',
    'keys in the order of newer versions',
    '{"executable":true,"narOffset":96,"size":6,"type":"regular"}',
  ],
  ['key-unknown', 'a key that is none', regular('"mtime":1')],
  ['key-twice', 'a key twice: the last counts', regular('"size":7')],
  ['no-offset', 'no offset', '{"type":"regular","size":6}'],
  ['offset-0', 'offset 0 is unknown too', sized('6', '0')],
  ['no-size', 'no size', '{"type":"regular","narOffset":96}'],
  ['only-type', 'neither size nor offset', '{"type":"regular"}'],
  ['size-negative', 'a negative size', sized('-1'), COUNTS],
  ['size-fraction', 'a size with a fraction', sized('1.5'), COUNTS],
  ['size-float', 'a size with a point', sized('6.0')],
  ['size-exponent', 'a size with an exponent', sized('6e0')],
  ['size-text', 'a size as text', sized('"6"')],
  ['size-null', 'null for a size', sized('null')],
  ['size-2-53-1', 'a size of 2^53-1', sized('9007199254740991')],
  ['size-2-53', 'a size of 2^53', sized('9007199254740992'), COUNTS],
  ['size-2-64', 'a size of 2^64', sized('18446744073709551616'), COUNTS],
  ['offset-negative', 'a negative offset', sized('6', '-96'), COUNTS],
  ['executable-number', '1 for true', regular('"executable":1')],
  ['executable-null', 'null for false', regular('"executable":null')],
  ['type-missing', 'no type', '{"size":6,"narOffset":96}'],
  ['type-unknown', 'a type that is none', '{"type":"fifo"}'],
  ['type-upper-case', 'a type in upper case', '{"type":"Regular","size":6,"narOffset":96}'],
  ['type-number', 'a number for a type', '{"type":1}'],
  ['node-null', 'null for a node', 'null'],
  ['node-array', 'a list for a node', '[]'],
  ['node-text', 'a text for a node', '"regular"'],
  ['node-empty', 'an object with nothing in it', '{}'],
];

const LINKS: readonly Row[] = [
  ['link', 'a symbolic link', '{"type":"symlink","target":"../a"}'],
  ['link-no-target', 'no target', '{"type":"symlink"}'],
  ['link-empty', 'an empty target', '{"type":"symlink","target":""}', UNSAFE],
  ['link-nul', 'a target with NUL', '{"type":"symlink","target":"a\\u0000b"}', UNSAFE],
  ['link-number', 'a number for a target', '{"type":"symlink","target":1}'],
];

const DIRECTORIES: readonly Row[] = [
  [
    'directory',
    'a directory of every kind of node',
    directory(`"a":${FILE}`, '"d":{"type":"directory","entries":{}}', '"l":{"type":"symlink","target":"a"}'),
  ],
  ['directory-no-entries', 'no entries', '{"type":"directory"}'],
  ['directory-array', 'a list of entries', '{"type":"directory","entries":[]}'],
  ['directory-null', 'null for entries', '{"type":"directory","entries":null}'],
  ['directory-null-member', 'null for a member', directory('"a":null')],
  ['directory-order', 'the order of names means nothing here', directory(`"b":${FILE}`, `"a":${FILE}`)],
  [
    'directory-name-twice',
    'a name twice: the last counts',
    directory(`"a":${FILE}`, '"a":{"type":"symlink","target":"b"}'),
  ],
  ['name-numbers', 'names that look like numbers', directory(`"10":${FILE}`, `"9":${FILE}`)],
  ['name-proto', 'a name that means something to JavaScript', named('__proto__')],
  ['name-unicode', 'a name with escapes', directory(`"\\u00fc\\ud83d\\ude00":${FILE}`)],
  ['name-surrogate', 'a name with half a pair of surrogates', directory(`"\\ud800":${FILE}`)],
  ['name-odd', 'blanks, quotes, a newline', named('a "b"\n\\')],
  ['name-empty', 'an empty name', named('')],
  ['name-dot', 'the name .', named('.')],
  ['name-dotdot', 'the name ..', named('..')],
  ['name-slash', 'a name with a slash', named('a/b')],
  ['name-absolute', 'an absolute path for a name', named('/etc')],
  ['name-nul', 'a name with NUL', named('a\0b')],
  ['name-255', 'a name of 255 bytes', named('n'.repeat(255))],
  ['name-256', 'a name of 256 bytes', named('n'.repeat(256)), UNSAFE],
  ['depth-63', '63 names in a path', deep(63)],
  ['depth-64', '64 names in a path', deep(64), UNSAFE],
];

const DOCUMENTS: readonly Row[] = [
  ['document-newline', 'a newline at the end', `${document(FILE)}\n`],
  ['document-order', 'root before version, as newer versions write', `{"root":${FILE},"version":1}`],
  ['document-empty', 'no text', ''],
  ['document-cut', 'a text that ends early', document(FILE).slice(0, -3)],
  ['document-trailing', 'something after the document', `${document(FILE)}x`],
  ['document-two', 'two documents', `${document(FILE)}${document(FILE)}`],
  ['document-comma', 'a comma before the end', `{"version":1,"root":${FILE},}`],
  ['document-comment', 'a comment', `/**/${document(FILE)}`],
  ['document-bom', 'a byte order mark', `\ufeff${document(FILE)}`],
  ['document-node', 'a node without the document around it', FILE],
  ['version-missing', 'no version', `{"root":${FILE}}`],
  ['version-2', 'version 2', `{"version":2,"root":${FILE}}`],
  ['version-text', 'a version as text', `{"version":"1","root":${FILE}}`],
  ['root-missing', 'no root', '{"version":1}'],
  ['document-array', 'a list', '[]'],
  ['document-null', 'null', 'null'],
];

/** Nix 2.8 takes the directory for its own member, minutes long: it is not asked each time. */
const ENDLESS: readonly string[] = ['name-empty', 'name-dot'];
const ENDLESSLY = { by: 'source', rejects: 'it recurs until the memory or the stack is used up' } as const;

function inputs(section: string, rows: readonly Row[], wrap: (text: string) => string): Input[] {
  return rows.map(([id, about, text, why]) => ({
    id,
    about,
    section,
    operation: 'parse',
    input: { text: wrap(text) },
    ...(why === undefined ? {} : { why }),
    ...(ENDLESS.includes(id) ? { given: { 'nix-2.8': ENDLESSLY } } : {}),
  }));
}

const LISTED = treeReads.filter(
  ({ id, section }) => section === 'vectors' || id.startsWith('names-') || id === 'depth-63',
);

function ofNars(operation: string): Input[] {
  return LISTED.map(({ id, about, input }) => ({
    id: `${operation}-${id}`,
    about,
    section: operation === 'list' ? 'listing an archive' : 'writing',
    operation,
    input,
  }));
}

const broken = (id: string, about: string, bytes: Buffer, why?: string): Input => ({
  id: `list-${id}`,
  about,
  section: 'listing an archive',
  operation: 'list',
  input: { nar: bytes.toString('base64') },
  ...(why === undefined ? {} : { why }),
});

function padded(bytes: Buffer, at: number): Buffer {
  bytes[at] = 1;
  return bytes;
}

/** Archives that are not right, to be listed. */
const BROKEN: Input[] = [
  broken(
    'padding-contents',
    'padding of contents that is not zero',
    padded(nar(file('x')), 97),
    'where it only lists, Nix 2.34 does not look at the padding of contents; narkit always does',
  ),
  broken('padding-target', 'padding of a target that is not zero', padded(nar(link('t')), 97)),
  broken('cut', 'an archive that ends early', nar(T).subarray(0, -16)),
  broken('cut-contents', 'an archive that ends in contents', nar(file('hello\n')).subarray(0, 100)),
  broken(
    'trailing',
    'a byte after the archive',
    Buffer.concat([nar(file('x')), Buffer.alloc(1)]),
    'what follows the archive is not seen by Nix, so it is refused',
  ),
];

/** Everything that is asked about listings. */
export const listingInputs: Input[] = [
  ...inputs('reading: files', NODES, document),
  ...inputs('reading: symbolic links', LINKS, document),
  ...inputs('reading: directories', DIRECTORIES, document),
  ...inputs('reading: the document', DOCUMENTS, (text) => text),
  ...ofNars('list'),
  ...BROKEN,
  ...ofNars('write'),
];
