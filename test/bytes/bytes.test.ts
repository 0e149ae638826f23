import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compareAscii,
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase16,
  fromBase64,
  fromUtf8,
  toBase16,
  toBase64,
  toDisplay,
  utf8,
} from '../../src/bytes/bytes.ts';

const bytes = fc.uint8Array({ maxLength: 100 });

test('base16 and base64 say what Node says, and read it back', () => {
  fc.assert(
    fc.property(bytes, (b) => {
      assert.equal(toBase16(b), Buffer.from(b).toString('hex'));
      assert.equal(toBase64(b), Buffer.from(b).toString('base64'));
      assert.deepEqual(fromBase16(toBase16(b)), b);
      assert.deepEqual(fromBase16(toBase16(b).toUpperCase()), b);
      assert.deepEqual(fromBase64(toBase64(b)), b);
      assert.deepEqual(fromBase64(toBase64(b).replace(/=+$/, '')), b);
    }),
  );
});

test('base16 refuses odd lengths and other characters', () => {
  for (const text of ['0', '0g', ' 00', '00\n', '0x00', '+1', '٠٠'])
    assert.equal(fromBase16(text), undefined, text);
});

test('base64 is as lax as that of Nix (encoding.md section 3)', () => {
  for (const [text, expected] of [
    ['', ''],
    ['=', ''],
    ['aGk=', 'hi'],
    ['aGk', 'hi'],
    ['aGk=anything at all', 'hi'],
    ['aGk=\n', 'hi'],
    ['a\nG\nk\n', 'hi'],
    ['aGl', 'hi'], // left-over bits
    ['aGkA=', 'hi\0'],
    ['aGkAa', 'hi\0'], // one digit is no byte
    ['a', ''],
    ['A===', ''],
  ] as const) {
    assert.deepEqual(fromBase64(text), utf8(expected), JSON.stringify(text));
  }
});

test('base64 refuses every other character, and does not repeat the text', () => {
  for (const text of ['aG k', 'aG\tk', 'aG\rk', 'aG-k', 'aG_k', 'aGké', 'aG\0k', ' aGk=', '.=']) {
    assert.throws(
      () => fromBase64(text),
      (err: Error & { code?: string }) =>
        err.code === 'ERR_PARSE_BASE64' && /position \d+/.test(err.message) && !err.message.includes('aG'),
      JSON.stringify(text),
    );
  }
});

test('compareBytes is unsigned, a shorter prefix first: the order of Buffer.compare', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b));
      assert.equal(equalBytes(a, b), Buffer.compare(a, b) === 0);
      assert.ok(equalBytes(a, a.slice()));
    }),
  );
  assert.deepEqual(['b', 'B', '', 'a-', 'a'].sort(compareAscii), ['', 'B', 'a', 'a-', 'b']);
});

test('concatBytes', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), (chunks) => {
      assert.deepEqual(concatBytes(chunks), new Uint8Array(Buffer.concat(chunks)));
    }),
  );
});

test('fromUtf8 is strict and keeps a byte order mark; toDisplay shows anything', () => {
  assert.equal(fromUtf8(utf8('\uFEFFé')), '\uFEFFé');
  for (const bad of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
    assert.equal(fromUtf8(Uint8Array.from(bad)), undefined);
    assert.match(toDisplay(Uint8Array.from(bad)), /^\uFFFD+$/);
  }
});

test('base64 of more bytes than a call has arguments', () => {
  const bytes = new Uint8Array(300_000).map((_, i) => i * 7);
  const text = toBase64(bytes);
  assert.equal(text, Buffer.from(bytes).toString('base64'));
  assert.deepEqual(fromBase64(text), bytes);
});
