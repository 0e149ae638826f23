/** The rows of the topic `signature`. */
import { FIELDS, narInfoText } from './file-cache.ts';
import { OTHER, TestKey, VECTOR } from './keys.ts';
import type { Input } from './topic.ts';

const WHITE_SPACE =
  'narkit takes white space around the text of a key for that of the file, and leaves it out';
const OTHER_LENGTH =
  'Nix fails when the signature of a known key has another length than 64 bytes; to narkit it is a signature that does not count';

/** Why narkit differs, by the id of the case. */
const WHY: Readonly<Record<string, string>> = {
  'secret-name-with-space':
    'a key whose name has white space cannot be listed in trusted-public-keys; narkit refuses such a name',
  'secret-name-space-first': WHITE_SPACE,
  'secret-newline-first': WHITE_SPACE,
  'secret-unpadded-space': WHITE_SPACE,
  'secret-wrong-half':
    'Nix does not compare the halves, and prints a public key that does not check what this key signs; narkit refuses the key',
  'signature-63-known': OTHER_LENGTH,
  'signature-65-known': OTHER_LENGTH,
  'signature-63-beside-good': OTHER_LENGTH,
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const SECRET = VECTOR.secret.slice('vector-1:'.length);
const PUBLIC = VECTOR.public.slice('vector-1:'.length);

function toPublic(section: string, id: string, secretKey: string, about: string): Input {
  return { id, about, section, operation: 'toPublic', input: { secretKey } };
}

const NAME = 'the name of a key: what stands before the first colon';
const LAX = 'base64 is read laxly';
const LENGTH = 'a secret key has 64 bytes';

const SECRETS: readonly Input[] = [
  toPublic('vectors', 'secret-vector', VECTOR.secret, 'the seed is the bytes 00 to 1f'),
  toPublic('vectors', 'secret-other', OTHER.secret, 'another key'),
  toPublic(NAME, 'secret-no-colon', SECRET, 'no colon'),
  toPublic(NAME, 'secret-empty-name', `:${SECRET}`, 'an empty name'),
  toPublic(NAME, 'secret-empty', '', 'nothing'),
  toPublic(NAME, 'secret-colon', ':', 'a colon alone'),
  toPublic(NAME, 'secret-two-colons', `a:b:${SECRET}`, 'a second colon is part of the base64'),
  toPublic(NAME, 'secret-name-with-space', `a b:${SECRET}`, 'a space in the name'),
  toPublic(NAME, 'secret-name-space-first', ` a:${SECRET}`, 'a space before the name'),
  toPublic(NAME, 'secret-newline-first', `\na:${SECRET}`, 'a newline before the name'),
  toPublic(NAME, 'secret-name-not-ascii', `ключ:${SECRET}`, 'a name that is not ASCII'),
  toPublic(NAME, 'secret-name-punctuation', `-;,=:${SECRET}`, 'punctuation in the name'),
  toPublic(LAX, 'secret-newline-after', `k:${SECRET}\n`, 'a newline at the end of the file'),
  toPublic(LAX, 'secret-crlf-after', `k:${SECRET}\r\n`, 'CR LF at the end of the file'),
  toPublic(LAX, 'secret-space-after', `k:${SECRET}  `, 'spaces at the end'),
  toPublic(LAX, 'secret-text-after', `k:${SECRET} # comment`, 'text after the padding'),
  toPublic(LAX, 'secret-unpadded', `k:${SECRET.replaceAll('=', '')}`, 'no padding'),
  toPublic(LAX, 'secret-unpadded-newline', `k:${SECRET.replaceAll('=', '')}\n`, 'no padding, and a newline'),
  toPublic(LAX, 'secret-unpadded-space', `k:${SECRET.replaceAll('=', '')} `, 'no padding, and a space'),
  toPublic(LAX, 'secret-newline-inside', `k:${SECRET.slice(0, 40)}\n${SECRET.slice(40)}`, 'a newline inside'),
  toPublic(LAX, 'secret-space-inside', `k:${SECRET.slice(0, 40)} ${SECRET.slice(40)}`, 'a space inside'),
  toPublic(LAX, 'secret-space-after-colon', `k: ${SECRET}`, 'a space after the colon'),
  toPublic(LAX, 'secret-left-over-bits', `k:${SECRET.replace('A==', 'P==')}`, 'bits after the last byte'),
  toPublic(LAX, 'secret-url-alphabet', `k:${SECRET.replaceAll('/', '_').replaceAll('+', '-')}`, '- and _'),
  toPublic(LENGTH, 'secret-nothing', 'k:', 'no bytes'),
  toPublic(LENGTH, 'secret-seed-alone', `k:${base64(VECTOR.seed)}`, '32 bytes, the seed alone'),
  toPublic(LENGTH, 'secret-63', `k:${base64(Buffer.alloc(63))}`, '63 bytes'),
  toPublic(LENGTH, 'secret-65', `k:${base64(Buffer.alloc(65))}`, '65 bytes'),
  toPublic(LENGTH, 'secret-96', `k:${base64(Buffer.alloc(96))}`, '96 bytes'),
  toPublic(
    'the two halves of a secret key',
    'secret-wrong-half',
    `k:${base64(Buffer.concat([VECTOR.seed, OTHER.publicBytes]))}`,
    'the public key of another seed',
  ),
];

const A = FIELDS.StorePath;
const HASH = FIELDS.NarHash;
const PLAIN = `1;${A};${HASH};120;`;
const GOOD = VECTOR.sign(PLAIN);
const SIG = GOOD.slice('vector-1:'.length);
/** Another key by the name of the first. */
const IMPOSTOR = new TestKey('vector-1', 50);

function verify(
  section: string,
  id: string,
  about: string,
  changes: Parameters<typeof narInfoText>[0],
  publicKeys: readonly string[] = [VECTOR.public],
  needed?: number,
): Input {
  const input = { narinfo: narInfoText(changes), publicKeys, ...(needed === undefined ? {} : { needed }) };
  return { id, about, section, operation: 'verify', input };
}

const COUNTS = 'a signature counts if its key is known and it is right';
const COVERED = 'a change of what is covered';
const UNCOVERED = 'a change of what is not covered';
const SAME_NAME = 'two keys of one name: the first counts';
const SEVERAL = 'several signatures';
const KEYS = 'public keys: <name>:<base64 of 32 bytes>';
const MALFORMED = 'signatures: <name>:<base64 of 64 bytes>';
const B = '066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt';

const VERIFIED: readonly Input[] = [
  verify(COUNTS, 'verify-good', 'a good signature', { Sig: GOOD }),
  verify(COUNTS, 'verify-none', 'no signature', {}),
  verify(COUNTS, 'verify-no-keys', 'no keys', { Sig: GOOD }, []),
  verify(COUNTS, 'verify-unknown-key', 'a key that is not known', { Sig: GOOD }, [OTHER.public]),
  verify(COUNTS, 'verify-second-key', 'the second key', { Sig: GOOD }, [OTHER.public, VECTOR.public]),
  verify(COUNTS, 'verify-other-text', 'a signature over something else', { Sig: VECTOR.sign('x') }),
  verify(COUNTS, 'verify-with-newline', 'a signature over a newline more', {
    Sig: VECTOR.sign(`${PLAIN}\n`),
  }),
  verify(COUNTS, 'verify-impostor', 'by another key of the same name', { Sig: IMPOSTOR.sign(PLAIN) }),
  verify(
    COUNTS,
    'verify-renamed',
    'a known name in front of the signature by another',
    {
      Sig: GOOD.replace('vector-1', 'other-1'),
    },
    [VECTOR.public, OTHER.public],
  ),
  verify(COUNTS, 'verify-name-upper-case', 'the name in upper case', {
    Sig: GOOD.replace('vector', 'VECTOR'),
  }),
  verify(COVERED, 'changed-hash', 'NarHash', {
    Sig: GOOD,
    NarHash: 'sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z',
  }),
  verify(COVERED, 'changed-size', 'NarSize', { Sig: GOOD, NarSize: '121' }),
  verify(COVERED, 'changed-references', 'References', { Sig: GOOD, References: B }),
  verify(COVERED, 'changed-path', 'StorePath', { Sig: GOOD, StorePath: `${A}x` }),
  verify(UNCOVERED, 'changed-url', 'URL', { Sig: GOOD, URL: 'nar/other.nar' }),
  verify(UNCOVERED, 'changed-compression', 'Compression', { Sig: GOOD, Compression: 'xz' }),
  verify(UNCOVERED, 'changed-file-size', 'FileSize', { Sig: GOOD, FileSize: '1' }),
  verify(UNCOVERED, 'changed-deriver', 'Deriver', { Sig: GOOD, Deriver: `${B}.drv` }),
  verify(UNCOVERED, 'changed-hash-form', 'the form of NarHash', {
    Sig: GOOD,
    NarHash: 'sha256:1c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fc13',
  }),
  verify(UNCOVERED, 'changed-false-ca', 'a content address that the path does not follow from', {
    Sig: GOOD,
    CA: 'fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw',
  }),
  verify('a content-addressed path needs no signature', 'content-addressed', 'none', {
    CA: 'text:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq',
  }),
  verify('a content-addressed path needs no signature', 'content-addressed-bad-signature', 'a wrong one', {
    CA: 'text:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq',
    Sig: VECTOR.sign('x'),
  }),
  verify(
    'a content-addressed path needs no signature',
    'content-addressed-two-needed',
    'none, where two are needed',
    { CA: 'text:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq' },
    [VECTOR.public],
    2,
  ),
  verify('a content-addressed path needs no signature', 'false-content-address', 'of another path', {
    CA: 'fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw',
  }),
  verify(SAME_NAME, 'same-name-right-first', 'the right one first', { Sig: GOOD }, [
    VECTOR.public,
    IMPOSTOR.public,
  ]),
  verify(SAME_NAME, 'same-name-right-second', 'the right one second', { Sig: GOOD }, [
    IMPOSTOR.public,
    VECTOR.public,
  ]),
  verify(SEVERAL, 'two-one-good', 'a wrong one and a good one', { Sig: [OTHER.sign('x'), GOOD] }, [
    VECTOR.public,
    OTHER.public,
  ]),
  verify(SEVERAL, 'two-of-one-name', 'a wrong and a good one by the same name', {
    Sig: [VECTOR.sign('x'), GOOD],
  }),
  verify(
    SEVERAL,
    'two-needed',
    'two good ones where two are needed',
    { Sig: [GOOD, OTHER.sign(PLAIN)] },
    [VECTOR.public, OTHER.public],
    2,
  ),
  verify(
    SEVERAL,
    'two-needed-one-known',
    'one key unknown',
    { Sig: [GOOD, OTHER.sign(PLAIN)] },
    [VECTOR.public],
    2,
  ),
  verify(SEVERAL, 'two-needed-same-twice', 'the same one twice', { Sig: [GOOD, GOOD] }, [VECTOR.public], 2),
  verify(
    SEVERAL,
    'two-needed-one-wrong',
    'one wrong',
    { Sig: [GOOD, OTHER.sign('x')] },
    [VECTOR.public, OTHER.public],
    2,
  ),
  verify(KEYS, 'key-no-colon', 'no colon', { Sig: GOOD }, [PUBLIC]),
  verify(KEYS, 'key-empty-name', 'an empty name', { Sig: GOOD }, [`:${PUBLIC}`]),
  verify(KEYS, 'key-nothing-after', 'no base64', { Sig: GOOD }, ['vector-1:']),
  verify(KEYS, 'key-unpadded', 'no padding', { Sig: GOOD }, [VECTOR.public.replace('=', '')]),
  verify(KEYS, 'key-left-over-bits', 'bits after the last byte', { Sig: GOOD }, [
    VECTOR.public.replace('g=', 'h='),
  ]),
  verify(KEYS, 'key-text-after', 'text after the padding', { Sig: GOOD }, [`${VECTOR.public},x`]),
  verify(KEYS, 'key-bad-base64', 'a character that is not base64', { Sig: GOOD }, [
    `vector-1:*${PUBLIC.slice(1)}`,
  ]),
  verify(KEYS, 'key-31', '31 bytes', { Sig: GOOD }, [`vector-1:${base64(VECTOR.publicBytes.subarray(1))}`]),
  verify(KEYS, 'key-33', '33 bytes', { Sig: GOOD }, [`vector-1:${base64(Buffer.alloc(33))}`]),
  verify(KEYS, 'key-secret', 'a secret key in its place', { Sig: GOOD }, [VECTOR.secret]),
  verify(KEYS, 'key-bad-beside-good', 'a bad one beside a good one', { Sig: GOOD }, [
    VECTOR.public,
    'nonsense',
  ]),
  verify(MALFORMED, 'signature-unpadded', 'no padding', { Sig: GOOD.replaceAll('=', '') }),
  verify(MALFORMED, 'signature-text-after', 'text after the padding', { Sig: `${GOOD} # x` }),
  verify(MALFORMED, 'signature-left-over-bits', 'bits after the last byte', {
    Sig: `vector-1:${SIG.replace(/(.)==/, leftOver)}`,
  }),
  verify(MALFORMED, 'signature-63-known', '63 bytes by a known key', {
    Sig: `vector-1:${base64(Buffer.alloc(63))}`,
  }),
  verify(MALFORMED, 'signature-65-known', '65 bytes by a known key', {
    Sig: `vector-1:${base64(Buffer.alloc(65))}`,
  }),
  verify(MALFORMED, 'signature-63-unknown', '63 bytes by an unknown key', {
    Sig: `x:${base64(Buffer.alloc(63))}`,
  }),
  verify(MALFORMED, 'signature-63-beside-good', 'one of 63 bytes beside a good one', {
    Sig: [`vector-1:${base64(Buffer.alloc(63))}`, GOOD],
  }),
  verify(MALFORMED, 'signature-no-colon', 'no colon', { Sig: SIG }),
  verify(MALFORMED, 'signature-no-colon-beside-good', 'no colon, beside a good one', { Sig: [SIG, GOOD] }),
  verify(MALFORMED, 'signature-empty-name', 'an empty name', { Sig: `:${SIG}` }),
  verify(MALFORMED, 'signature-empty', 'nothing', { Sig: '' }),
  verify(MALFORMED, 'signature-nothing-after', 'no base64', { Sig: 'vector-1:' }),
  verify(MALFORMED, 'signature-bad-base64', 'a character that is not base64', {
    Sig: `vector-1:*${SIG.slice(1)}`,
  }),
  verify(MALFORMED, 'signature-two-colons', 'a second colon', { Sig: `vector-1:x:${SIG}` }),
];

/** The last digit with its unused bits set. */
function leftOver(_: string, digit: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return `${digits[digits.indexOf(digit) | 15]}==`;
}

export const inputs: readonly Input[] = [...SECRETS, ...VERIFIED].map((input) => {
  const why = WHY[input.id];
  return why === undefined ? input : { ...input, why };
});
