/** Narinfos to be read and written again: the order of fields and the form of values. */
import { B_NARINFO, B_SIGNATURE } from '../../test/narinfo/vectors.ts';
import { add, change, type NarInfoRow, narInfoInputs, set, WHY } from './narinfo-inputs.ts';
import type { Input } from './topic.ts';

const A = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt';
const B = '066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt';
const HEX = '1f74654995656e90c436466ca558f6ce518526e5121dcff57ca5a47b126051fb';
const reversed = B_NARINFO.trimEnd().split('\n').toReversed().join('\n');

const ROWS: readonly NarInfoRow[] = [
  ['as-written', 'as Nix writes it', B_NARINFO],
  ['order', 'fields in another order', `${reversed}\n`],
  ['no-references', 'no references: the blank stays', set('References', '')],
  ['no-references-line', 'the line of references is always written', change(['References'])],
  ['no-compression', 'a missing compression is written out', change(['Compression'])],
  ['no-file-hash', 'FileHash unknown', change(['FileHash']), WHY.abort],
  ['no-file-size', 'FileSize unknown', change(['FileSize']), WHY.sizeZero],
  ['no-file', 'FileHash and FileSize unknown', change(['FileHash', 'FileSize']), WHY.abort],
  ['no-signature', 'no signature', change(['Sig'])],
  ['no-ca', 'no content address', change(['CA'])],
  ['empty-ca', 'an empty content address', set('CA', '')],
  ['base16', 'hashes in base 16 become nix32', set('NarHash', `sha256:${HEX}`)],
  [
    'sri',
    'hashes in SRI form become nix32',
    set('FileHash', 'sha256-H3RlSZVlbpDENkZspVj2zlGFJuUSHc/1fKWkexJgUfs='),
  ],
  ['sha1', 'FileHash of sha1', set('FileHash', 'sha1:143xibwh31h9bvxzalr0sjvbbvpa6ffs'), WHY.abort],
  ['sizes', 'signs and zeros of sizes', set('NarSize', '+00168')],
  ['references', 'unsorted and repeated references', set('References', `${A} ${B}  ${A} `)],
  ['deriver', 'a deriver comes after the references', `Deriver: ${A}.drv\n${B_NARINFO}`],
  ['unknown-deriver', 'unknown-deriver is none', add('Deriver: unknown-deriver')],
  ['unknown-field', 'an unknown field is lost', add('X-Note: x')],
  ['system', 'System, which old versions knew', add('System: x86_64-linux')],
  ['ca-hex', 'the hash of a content address becomes nix32', set('CA', `fixed:r:sha256:${HEX}`)],
  [
    'sigs-names',
    'signatures are sorted by the name of the key',
    set('Sig', 'b-1:AAAA', 'a-1:BBBB', 'a:CCCC'),
  ],
  [
    'sigs-bytes',
    'signatures of one key are sorted',
    set('Sig', B_SIGNATURE, 'vector-1:/w==', 'vector-1:AA=='),
  ],
  ['sigs-repeated', 'the same signature twice', set('Sig', B_SIGNATURE, B_SIGNATURE)],
  ['sigs-form', 'a signature without padding', set('Sig', B_SIGNATURE.replace('==', ''))],
  ['store-path', 'StorePath in canonical form', set('StorePath', `/nix//store/${B}/`), WHY.canonical],
  ['url', 'an absolute URL with a query', set('URL', 'https://example.org/x?y=z')],
];

/** Texts to be written again. */
export const writingInputs: Input[] = narInfoInputs(
  'writing',
  'rewrite',
  ROWS.map(([id, about, text, why]) =>
    why === undefined ? [`write-${id}`, about, text] : [`write-${id}`, about, text, why],
  ),
);
