/** NARs that break the grammar: what stands in a node, what in an entry, and which names. */
import { dir, file, link, nar, node, str, u64 } from '../../test/nar/trees.ts';
import { directory, entry, MAGIC, type NarRow, readInputs, root, words } from './nar-inputs.ts';
import type { Input } from './topic.ts';

const EMPTY = node(file(''));

const MAGIC_ROWS: readonly NarRow[] = [
  ['magic-other', 'another version in the magic', Buffer.concat([str('nix-archive-2'), EMPTY])],
  ['magic-longer', 'a magic of 14 bytes', Buffer.concat([str('nix-archive-1x'), EMPTY])],
  ['magic-shorter', 'a magic of 12 bytes', Buffer.concat([str('nix-archive-'), EMPTY])],
  ['magic-none', 'no magic', EMPTY],
  ['magic-other-format', 'a file of another kind', Buffer.from('PK\x03\x04'.repeat(20))],
  ['magic-length-huge', 'a magic of 2^64-1 bytes', Buffer.concat([u64(2n ** 64n - 1n), Buffer.alloc(40)])],
  ['magic-only', 'nothing after the magic', MAGIC],
  ['empty-input', 'no bytes at all', Buffer.alloc(0)],
];

const NODE_ROWS: readonly NarRow[] = [
  ['parenthesis-missing', 'no parenthesis', words('nix-archive-1', 'type', 'regular', 'contents', '', ')')],
  [
    'parenthesis-other',
    'a bracket for a parenthesis',
    words('nix-archive-1', '[', 'type', 'regular', 'contents', '', ']'),
  ],
  ['type-unknown', 'a type that is none', root('type', 'fifo')],
  ['type-upper-case', 'a type in upper case', root('type', 'Regular', 'contents', '')],
  ['type-empty', 'an empty type', root('type', '')],
  ['type-missing', 'a node without type and all', root()],
  ['type-missing-contents', 'contents without a type', root('contents', 'x')],
  ['type-twice', 'the type twice', root('type', 'regular', 'type', 'regular', 'contents', '')],
  ['type-twice-other', 'two types', root('type', 'regular', 'type', 'directory')],
  ['type-late', 'the type after the contents', root('contents', 'x', 'type', 'regular')],
  ['field-unknown', 'a field that is none', root('type', 'regular', 'mode', '0644', 'contents', '')],
  [
    'field-unknown-after',
    'such a field after the contents',
    root('type', 'regular', 'contents', '', 'mode', '0644'),
  ],
  ['contents-missing', 'a regular file without contents', root('type', 'regular')],
  [
    'contents-missing-executable',
    'an executable file without contents',
    root('type', 'regular', 'executable', ''),
  ],
  ['contents-twice', 'contents twice', root('type', 'regular', 'contents', 'first', 'contents', 'x')],
  ['contents-other-tag', 'another word for contents', root('type', 'regular', 'AAAAAAAA', '')],
  ['contents-of-symlink', 'contents of a symbolic link', root('type', 'symlink', 'contents', 'x')],
  ['contents-of-directory', 'contents of a directory', root('type', 'directory', 'contents', 'x')],
  [
    'executable-after-contents',
    'executable after contents',
    root('type', 'regular', 'contents', 'x', 'executable', ''),
  ],
  [
    'executable-twice',
    'executable twice',
    root('type', 'regular', 'executable', '', 'executable', '', 'contents', ''),
  ],
  ['executable-value', 'a value of executable', root('type', 'regular', 'executable', 'yes', 'contents', '')],
  [
    'executable-without-value',
    'no empty string after executable',
    root('type', 'regular', 'executable', 'contents', ''),
  ],
  ['executable-directory', 'an executable directory', root('type', 'directory', 'executable', '')],
  [
    'executable-symlink',
    'an executable symbolic link',
    root('type', 'symlink', 'executable', '', 'target', 't'),
  ],
  ['target-missing', 'a symbolic link without target', root('type', 'symlink')],
  ['target-twice', 'two targets', root('type', 'symlink', 'target', 'a', 'target', 'b')],
  ['target-of-regular', 'the target of a regular file', root('type', 'regular', 'target', 'x')],
  [
    'target-after-contents',
    'a target after contents',
    root('type', 'regular', 'contents', 'x', 'target', 'y'),
  ],
  ['entry-of-regular', 'an entry of a regular file', root('type', 'regular', 'contents', 'x', entry('a'))],
  ['entry-of-symlink', 'an entry of a symbolic link', root('type', 'symlink', 'target', 't', entry('a'))],
];

const ENTRY_ROWS: readonly NarRow[] = [
  [
    'entry-node-first',
    'the node before the name',
    directory(words('entry', '(', 'node', EMPTY, 'name', 'a', ')')),
  ],
  ['entry-without-name', 'a node without name', directory(words('entry', '(', 'node', EMPTY, ')'))],
  ['entry-without-node', 'a name without node', directory(words('entry', '(', 'name', 'a', ')'))],
  ['entry-empty', 'an entry with nothing in it', directory(words('entry', '(', ')'))],
  [
    'entry-two-names',
    'two names',
    directory(words('entry', '(', 'name', 'a', 'name', 'b', 'node', EMPTY, ')')),
  ],
  [
    'entry-two-nodes',
    'two nodes',
    directory(words('entry', '(', 'name', 'a', 'node', EMPTY, 'node', EMPTY, ')')),
  ],
  [
    'entry-field-unknown',
    'a field that is none',
    directory(words('entry', '(', 'name', 'a', 'size', '0', 'node', EMPTY, ')')),
  ],
  ['entry-without-parenthesis', 'no parenthesis', directory(words('entry', 'name', 'a', 'node', EMPTY, ')'))],
  [
    'entry-other-tag',
    'another word for entry',
    directory(words('item', '(', 'name', 'a', 'node', EMPTY, ')')),
  ],
];

const nameRow = (id: string, what: string, name: string | Uint8Array): NarRow => [
  `name-${id}`,
  what,
  directory(entry(name, file('hello\n'))),
];

const NAME_ROWS: readonly NarRow[] = [
  nameRow('empty', 'an empty name', ''),
  nameRow('dot', 'the name .', '.'),
  nameRow('dotdot', 'the name ..', '..'),
  nameRow('slash', 'a name with a slash', 'x/y'),
  nameRow('slash-only', 'a slash for a name', '/'),
  nameRow('slash-end', 'a name that ends in a slash', 'x/'),
  nameRow('nul', 'a name with NUL', 'f\0o'),
  nameRow('nul-end', 'a name that ends in NUL', 'f\0'),
  ['order-unsorted', 'b before a', directory(entry('b'), entry('a'))],
  ['order-prefix', 'a prefix after what is longer', directory(entry('a-'), entry('a'))],
  ['order-utf16', 'sorted as UTF-16, not as bytes', directory(entry('\u{1f600}'), entry('\uffff'))],
  ['order-signed', 'sorted as signed bytes', directory(entry(Uint8Array.of(0xe9)), entry('a'))],
  [
    'order-inner',
    'unsorted in an inner directory',
    directory(
      words('entry', '(', 'name', 'd', 'node', '(', 'type', 'directory', entry('b'), entry('a'), ')', ')'),
    ),
  ],
  ['duplicate-files', 'two files of one name', directory(entry('a', file('1')), entry('a', file('2')))],
  [
    'duplicate-directories',
    'two directories of one name',
    directory(entry('a', dir({ x: file('') })), entry('a', dir({ y: file('') }))),
  ],
  [
    'duplicate-links',
    'two symbolic links of one name',
    directory(entry('a', link('1')), entry('a', link('2'))),
  ],
  [
    'duplicate-link-directory',
    'a link and then a directory of its name: an escape through the link',
    directory(entry('a', link('.')), entry('a', dir({ x: file('') }))),
  ],
];

const WHY_TRAILING =
  'read as a whole file: what follows the archive is neither hashed nor seen by Nix, so it is refused';
const trailing = (id: string, what: string, after: Uint8Array): NarRow => [
  `trailing-${id}`,
  what,
  Buffer.concat([nar(file('x')), after]),
  WHY_TRAILING,
];
const TRAILING_ROWS: readonly NarRow[] = [
  trailing('byte', 'a zero byte after the archive', Buffer.alloc(1)),
  trailing('text', 'text after the archive', Buffer.from('sentinel')),
  trailing('parenthesis', 'one more parenthesis after the archive', str(')')),
  trailing('archive', 'a second archive after the first', nar(file('y'))),
  [
    'trailing-entry',
    'an entry after the parenthesis that closes the root',
    directory(entry('a'), str(')'), entry('b')),
    WHY_TRAILING,
  ],
];

/** One input for every rule of the grammar that can be broken. */
export const grammarReads: Input[] = [
  ...readInputs('reading: magic', MAGIC_ROWS),
  ...readInputs('reading: nodes', NODE_ROWS),
  ...readInputs('reading: entries', ENTRY_ROWS),
  ...readInputs('reading: names and their order', NAME_ROWS),
  ...readInputs('reading: bytes after the end', TRAILING_ROWS),
];
