import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertTrusted,
  explainTrust,
  fingerprint,
  type NarInfo,
  parseNarInfo,
  printNarInfo,
} from 'narkit/narinfo';
import {
  createSigner,
  Keyring,
  parsePublicKey,
  parseSecretKey,
  type Signature,
  secretKeyFromSeed,
  toPublicKey,
} from 'narkit/signature';
import { parseContentAddress, parseStorePath } from 'narkit/store-path';
import { B_FINGERPRINT, B_INFO, B_NARINFO, B_PATH, PUBLIC, SECRET } from './vectors.ts';

const key = parsePublicKey(PUBLIC);
const signer = createSigner(parseSecretKey(SECRET));
const A = B_INFO.references[0] as NarInfo['storePath'];
const OTHER = parseStorePath('/nix/store/00000000000000000000000000000000-0');
const { ca: _, ...plain } = B_INFO;
const NAR_HASH = '1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z';

async function sign(text: string): Promise<Signature> {
  return { keyName: key.name, sig: await signer.signDetached(new TextEncoder().encode(text)) };
}

test('section 4: a valid signature, and the path from its content address', () => {
  const explained = explainTrust(B_INFO, [key], { text: B_NARINFO });
  assert.deepEqual(explained, {
    trusted: true,
    contentAddress: 'recomputed',
    signatures: [{ keyName: 'vector-1', status: 'valid' }],
    compressionMissing: false,
    text: `${B_PATH} is trusted\nthe path follows from its content address\n'vector-1': valid`,
  });
  assert.equal(explainTrust(plain, []).trusted, false);
  assert.equal(explainTrust(B_INFO, []).trusted, true);
  assert.equal(
    explainTrust({ ...plain, signatures: [] }, [key]).text.split('\n')[1],
    'there is no signature',
  );
});

test('a content address that the path does not follow from is none', () => {
  const ca = parseContentAddress(`text:sha256:${NAR_HASH}`);
  const explained = explainTrust({ ...B_INFO, ca, signatures: [] }, [key]);
  assert.deepEqual([explained.trusted, explained.contentAddress], [false, 'mismatch']);
  assert.equal(explainTrust({ ...B_INFO, ca }, [key]).trusted, true);
});

test('an unknown key is passed over; a wrong length under a known name is not', () => {
  const [good] = plain.signatures as [Signature];
  const unknown = { keyName: 'other-1', sig: good.sig.slice(1) };
  const short = { keyName: 'vector-1', sig: good.sig.slice(1) };
  const explain = (...signatures: Signature[]): [boolean, string[]] => {
    const { trusted, signatures: list } = explainTrust({ ...plain, signatures }, [key]);
    return [trusted, list.map(({ status }) => status)];
  };
  assert.deepEqual(explain(unknown, good), [true, ['unknown-key', 'valid']]);
  assert.deepEqual(explain(good, short), [false, ['valid', 'bad-length']]);
  const { text } = explainTrust({ ...plain, signatures: [good, short] }, [key]);
  assert.match(text, /'vector-1': not 64 bytes: Nix fails on it/);
  // Where the path follows from its content address, Nix does not look at signatures.
  assert.equal(explainTrust({ ...B_INFO, signatures: [short] }, [key]).trusted, true);
  // The library itself passes such a signature over.
  assertTrusted({ ...plain, signatures: [short, good] }, new Keyring([key]));
  assert.throws(() => assertTrusted({ ...plain, signatures: [short] }, new Keyring([key])), {
    code: 'ERR_UNTRUSTED',
  });
});

test('a key under another name, and one behind another of its name', () => {
  const renamed = { ...key, name: 'new-1' };
  const shadow = toPublicKey(secretKeyFromSeed('vector-1', new Uint8Array(32).fill(7)));
  const first = (keys: (typeof key)[]): unknown => explainTrust(plain, keys).signatures[0];
  assert.deepEqual(first([renamed]), { keyName: 'vector-1', status: 'unknown-key', signedBy: 'new-1' });
  assert.deepEqual(first([shadow, key]), { keyName: 'vector-1', status: 'mismatch', signedBy: 'vector-1' });
  assert.equal(explainTrust(plain, [shadow, key]).trusted, false);
  assert.deepEqual(first([key, shadow]), { keyName: 'vector-1', status: 'valid' });
});

const references = [A, OTHER].sort();
const full = references.map((path) => `/nix/store/${path}`);
const more: NarInfo = { ...plain, references };
const base = `1;${B_PATH};sha256:${NAR_HASH};168;`;
/** What was signed, what the narinfo says, and what is found. */
const MISTAKES: [string, NarInfo, string[]][] = [
  [B_FINGERPRINT.replaceAll('/nix/store', '/gnu/store'), plain, ['store-dir']],
  [base + A, plain, ['references-base-names']],
  [base, plain, ['references-none']],
  [base + full.toReversed().join(','), more, ['references-as-written']],
  [base + full.join(' '), more, ['references-spaces']],
  [base + references.toReversed().join(','), more, ['references-as-written', 'references-base-names']],
  [`${base}${B_PATH},/nix/store/${A}`, plain, ['references-with-self']],
  [`${base}/nix/store/${A}`, { ...plain, references: [plain.storePath, A] }, ['references-without-self']],
  [B_FINGERPRINT.replace('sha256:', ''), plain, ['hash-bare']],
  [B_FINGERPRINT.replace(B_PATH, B_PATH.slice(11)), plain, ['path-base-name']],
  [`${B_FINGERPRINT}\n`, plain, ['trailing-newline']],
  [
    B_FINGERPRINT.replace(`sha256:${NAR_HASH}`, 'sha256-H3RlSZVlbpDENkZspVj2zlGFJuUSHc/1fKWkexJgUfs='),
    plain,
    ['hash-sri'],
  ],
  [B_FINGERPRINT.replace(NAR_HASH, 'H3RlSZVlbpDENkZspVj2zlGFJuUSHc/1fKWkexJgUfs='), plain, ['hash-base64']],
  [
    B_FINGERPRINT.replace(NAR_HASH, '1f74654995656e90c436466ca558f6ce518526e5121dcff57ca5a47b126051fb'),
    plain,
    ['hash-base16'],
  ],
  [B_FINGERPRINT.replace(';168;', ';99;'), { ...plain, fileSize: 99 }, ['file-size']],
  [
    B_FINGERPRINT.replace(NAR_HASH, '04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw').replace(
      ';168;',
      ';99;',
    ),
    {
      ...plain,
      fileSize: 99,
      fileHash: parseNarInfo(
        B_NARINFO.replaceAll(NAR_HASH, '04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw'),
      ).narHash,
    },
    ['file-hash', 'file-size'],
  ],
];

for (const [signed, info, codes] of MISTAKES) {
  test(`what the signer did wrong: ${codes.join(', ')}`, async () => {
    assert.notEqual(signed, fingerprint(info));
    const narInfo = { ...info, signatures: [await sign(signed)] };
    const text = printNarInfo(narInfo).replace(
      /^References: .*$/m,
      `References: ${info.references.toReversed().join(' ')}`,
    );
    const options = { text, otherStoreDirs: ['/gnu/store'] };
    const explained = explainTrust(narInfo, [key], options);
    assert.equal(explained.trusted, false);
    assert.equal(explained.signatures[0]?.status, 'mismatch');
    assert.deepEqual(
      explained.signatures[0].changes?.map(({ code }) => code),
      codes,
    );
    assert.ok(explained.text.includes(explained.signatures[0].changes?.[0]?.message ?? '?'));
  });
}

test('what no mistake explains is left unexplained', async () => {
  const narInfo = { ...plain, signatures: [await sign('1;something else')] };
  const explained = explainTrust(narInfo, [key]);
  assert.deepEqual(explained.signatures, [{ keyName: 'vector-1', status: 'mismatch' }]);
  assert.match(explained.text, /another key has this name/);
});

test('many forged signatures cost no more than a few searches', async () => {
  const sig = await sign(`${B_FINGERPRINT}\n`);
  const signatures = Array.from({ length: 6 }, () => sig);
  const found = explainTrust({ ...plain, signatures }, [key]).signatures.map(
    ({ changes }) => changes?.length,
  );
  assert.deepEqual(found, [1, 1, 1, 1, undefined, undefined]);
});

test('a missing Compression is named', () => {
  const text = B_NARINFO.replace(/^Compression: .*\n/m, '');
  const explained = explainTrust(parseNarInfo(text), [key], { text });
  assert.equal(explained.compressionMissing, true);
  assert.match(explained.text, /bzip2$/);
});

test('a text that is no narinfo is a finding, not an error', () => {
  for (const text of ['', 'x', 'x\n', 'x:y\n', `${B_NARINFO}\n`, B_NARINFO.slice(0, -1)]) {
    const { textFault, text: why, ...rest } = explainTrust(B_INFO, [key], { text });
    assert.match(textFault ?? '', /^invalid narinfo/);
    assert.equal(why.split('\n').at(-1), `the text cannot be read: ${textFault}`);
    const { text: _, ...known } = explainTrust(B_INFO, [key]);
    assert.deepEqual(rest, known);
  }
});

test('it agrees with the keyring about what is valid', () => {
  const keyring = new Keyring([key]);
  const message = new TextEncoder().encode(B_FINGERPRINT);
  const valid = plain.signatures.map((signature) => keyring.verify(message, signature));
  assert.deepEqual(
    explainTrust(plain, [key]).signatures.map(({ status }) => status === 'valid'),
    valid,
  );
});
