import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  editNarInfoDocument,
  narInfoOfDocument,
  parseNarInfo,
  parseNarInfoDocument,
  printNarInfo,
  printNarInfoDocument,
  signPathInfo,
  validSigners,
} from 'narkit/narinfo';
import {
  createSigner,
  Keyring,
  parseSignature,
  printSignature,
  type Signature,
  secretKeyFromSeed,
} from 'narkit/signature';
import { narInfos } from './arbitraries.ts';
import { A_SIGNATURE, B_INFO, B_NARINFO, B_PATH, B_SIGNATURE } from './vectors.ts';

const A_SIG = parseSignature(A_SIGNATURE);
const B_SIG = parseSignature(B_SIGNATURE);

/** Everything that a rewriting tool would like to tidy up. */
const ODD = `X-First: 1
StorePath: ${B_PATH}
URL: one
URL: nar/1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z.nar?x: y
System: x86_64-linux\r
NarSize: +168
NarHash: sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z
: a field without a name
Sig: ${B_SIGNATURE}
References:  8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt  8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt
X-Last: ü \t
`;

test('nothing is lost, and the typed view is that of parseNarInfo', () => {
  const document = parseNarInfoDocument(ODD);
  assert.equal(printNarInfoDocument(document), ODD);
  assert.equal(document.fields.length, 11);
  assert.deepEqual(document.fields[4], { name: 'System', value: 'x86_64-linux\r' });
  assert.deepEqual(narInfoOfDocument(document), parseNarInfo(ODD));
  const moved = ODD.replaceAll('/nix/store', '/gnu/store');
  assert.deepEqual(
    narInfoOfDocument(parseNarInfoDocument(moved), { storeDir: '/gnu/store' }),
    parseNarInfo(ODD),
  );
});

test('law: whatever parses is printed byte for byte', () => {
  const line = fc.string({ unit: fc.constantFrom(...'aB:  \t\r\0é\u{1F600}='), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.boolean(), (lines, end) => {
      const text = lines.join('\n') + (end ? '\n' : '');
      let document: ReturnType<typeof parseNarInfoDocument>;
      try {
        document = parseNarInfoDocument(text);
      } catch (err) {
        assert.equal((err as { code?: string }).code, 'ERR_PARSE_NAR_INFO');
        return;
      }
      assert.equal(printNarInfoDocument(document), text);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(narInfos, (info) => {
      const text = printNarInfo(info);
      assert.equal(printNarInfoDocument(parseNarInfoDocument(text)), text);
    }),
  );
});

test('a document that would not be read back is not printed', () => {
  for (const field of [
    { name: 'A:', value: 'x' },
    { name: 'A\n', value: 'x' },
    { name: 'A', value: 'x\ny' },
  ]) {
    assert.throws(() => printNarInfoDocument({ fields: [field] }), RangeError);
  }
  assert.throws(() => printNarInfoDocument({ fields: [] }), RangeError);
});

test('signing keeps every other line', async () => {
  const document = parseNarInfoDocument(ODD);
  const signer = createSigner(secretKeyFromSeed('new-1', new Uint8Array(32)));
  const { signatures } = await signPathInfo(narInfoOfDocument(document), [signer]);
  const text = printNarInfoDocument(editNarInfoDocument(document, { signatures }));
  const added = printSignature(signatures[1] as Signature);
  // After the line that comes last of those before `Sig` in Nix's order: here References.
  const after = 'a.txt  8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt\n';
  assert.equal(text, ODD.replace(after, `${after}Sig: ${added}\n`));
  assert.deepEqual(validSigners(parseNarInfo(text), new Keyring([signer.publicKey])), ['new-1']);
});

test('in a text as Nix writes it, fields go where Nix writes them', () => {
  const document = parseNarInfoDocument(B_NARINFO);
  const edit = (options: Parameters<typeof editNarInfoDocument>[1]): string =>
    printNarInfoDocument(editNarInfoDocument(document, options));
  const deriver = B_INFO.references[0];
  assert.ok(deriver);
  assert.equal(edit({ fields: { Deriver: deriver } }), printNarInfo({ ...B_INFO, deriver }));
  assert.equal(edit({ fields: { 'X-Odd': '1' } }), `${B_NARINFO}X-Odd: 1\n`);
  const { fileHash: _, ...withoutFileHash } = B_INFO;
  assert.equal(edit({ fields: { FileHash: undefined } }), printNarInfo(withoutFileHash));
  assert.equal(edit({ fields: { URL: 'x' } }), printNarInfo({ ...B_INFO, url: 'x' }));
  assert.equal(
    edit({ signatures: [B_SIG, A_SIG] }),
    B_NARINFO.replace('CA:', () => `Sig: ${A_SIGNATURE}\nCA:`),
  );
  assert.equal(edit({ signatures: [] }), printNarInfo({ ...B_INFO, signatures: [] }));
  assert.equal(edit({}), B_NARINFO);
});

test('signatures: each once, its line as it was however it is written, malformed ones go', () => {
  const loose = B_SIGNATURE.replace('==', '');
  const document = parseNarInfoDocument(`Sig: x\nURL: a\nSig: ${loose}\nX: 1\n`);
  const text = printNarInfoDocument(editNarInfoDocument(document, { signatures: [B_SIG, A_SIG, A_SIG] }));
  assert.equal(text, `URL: a\nSig: ${loose}\nSig: ${A_SIGNATURE}\nX: 1\n`);
});

test('of a field that is there twice, the one that counts gets the value', () => {
  const document = parseNarInfoDocument('URL: a\nX: 1\nURL: b\nX: 2\n');
  const edited = editNarInfoDocument(document, { fields: { URL: 'c' } });
  assert.equal(printNarInfoDocument(edited), 'X: 1\nURL: c\nX: 2\n');
  assert.equal(document.fields.length, 4, 'the argument is not changed');
});

test('what cannot be edited', () => {
  const document = parseNarInfoDocument(B_NARINFO);
  const wrong = { fields: { Sig: 'x' } };
  assert.throws(() => editNarInfoDocument(document, wrong), RangeError);
  assert.throws(() => editNarInfoDocument(document, { fields: { URL: 'a\nb' } }), RangeError);
  const signatures = [{ keyName: 'a\nb', sig: B_SIG.sig }];
  assert.throws(() => editNarInfoDocument(document, { signatures }), RangeError);
  assert.throws(() => editNarInfoDocument(document, { signature: [] } as object), TypeError);
});
