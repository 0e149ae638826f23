import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NIX32_ALPHABET } from '../../src/hash/nix32.ts';
import { findReferences, ReferenceScanner } from '../../src/store-path/references.ts';
import { hashPart, parseBaseName, type StorePath } from '../../src/store-path/store-path.ts';

const PARTS = [
  '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm',
  '066q1npcw1gx13ini06wh80ir4ma4hhz',
  // The same last four digits, a run, and two that can overlap.
  'pp8adbdz9m6s4lli249hay2pwqp97zjm',
  '0'.repeat(32),
  `${'1'.repeat(16)}${'2'.repeat(16)}`,
  `${'2'.repeat(16)}${'1'.repeat(16)}`,
];
const PATHS = PARTS.map((part) => parseBaseName(`${part}-x`));

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

function naive(bytes: Uint8Array, candidates: readonly StorePath[]): StorePath[] {
  const text = Buffer.from(bytes).toString('latin1');
  return [...new Set(candidates)].filter((path) => text.includes(hashPart(path))).sort();
}

/** Bytes in which hash parts, halves of them, digits and other bytes meet at random. */
const piece = fc.oneof(
  fc.constantFrom(...PARTS),
  fc.tuple(fc.constantFrom(...PARTS), fc.nat(32), fc.nat(32)).map(([part, a, b]) => part.slice(a, b)),
  fc.string({ unit: fc.constantFrom(...NIX32_ALPHABET), maxLength: 70 }),
  fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom('e', '\0', '\xff', '-', '/nix/store/'),
);
const content = fc.array(piece, { maxLength: 12 }).map((pieces) => latin1(pieces.join('')));

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('ReferenceScanner', () => {
  it('law: finds what a naive search finds, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        content,
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
        fc.subarray(PATHS),
        async (bytes, sizes, candidates) => {
          const before = bytes.slice();
          assert.deepEqual(await findReferences(cut(bytes, sizes), candidates), naive(bytes, candidates));
          assert.deepEqual(bytes, before);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds a hash part at every offset of every cut in two, and with empty chunks between', () => {
    const [path] = PATHS as [StorePath];
    for (let before = 0; before < 70; before += 1) {
      const bytes = latin1(`${'z'.repeat(before)}${hashPart(path)}${'z'.repeat(5)}`);
      for (let at = 0; at <= bytes.length; at++) {
        const scanner = new ReferenceScanner(PATHS);
        for (const chunk of [bytes.subarray(0, at), new Uint8Array(), bytes.subarray(at)])
          scanner.update(chunk);
        assert.deepEqual(scanner.found(), [path], `${before} ${at}`);
      }
    }
  });

  it('goes on right after a byte that ends a run of digits', () => {
    const [path] = PATHS as [StorePath];
    for (let run = 0; run < 100; run++) {
      const scanner = new ReferenceScanner(PATHS);
      scanner.update(latin1(`${'z'.repeat(run)}-${hashPart(path)}`));
      assert.deepEqual(scanner.found(), [path], String(run));
    }
  });

  it('does not take a hash part that lacks its first, last or any digit', () => {
    const [part] = PARTS as [string];
    for (let at = 0; at < 32; at++) {
      const broken = `${part.slice(0, at)}${part[at] === 'z' ? 'y' : 'z'}${part.slice(at + 1)}`;
      const scanner = new ReferenceScanner(PATHS);
      scanner.update(latin1(`${broken} ${part.slice(1)} ${part.slice(0, -1)} ${part.toUpperCase()}`));
      assert.deepEqual(scanner.found(), []);
    }
  });

  it('gives every candidate of a shared hash part, each once, sorted', async () => {
    const [a, b, c] = ['b', 'a', 'c'].map((name) => parseBaseName(`${PARTS[0]}-${name}`)) as [
      StorePath,
      StorePath,
      StorePath,
    ];
    assert.deepEqual(await findReferences(latin1(`${PARTS[0]} ${PARTS[0]}`), [a, b, c, a]), [b, a, c]);
    assert.deepEqual(await findReferences(latin1(PARTS[0] as string), []), []);
  });

  it('wants bytes', () => {
    assert.throws(() => new ReferenceScanner(PATHS).update(PARTS[0] as unknown as Uint8Array), TypeError);
  });

  it('takes linear time for the worst bytes: one long run of digits, with the end of a candidate', () => {
    const run = latin1(`${'0'.repeat(28)}7zjm`.repeat(2 ** 15));
    const scanner = new ReferenceScanner(PATHS.slice(0, 3));
    const begin = performance.now();
    scanner.update(run);
    assert.ok(performance.now() - begin < 1000);
    assert.deepEqual(scanner.found(), []);
  });
});
