import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HashAlgo } from '../../src/hash/hash.ts';
import { hashBytes } from '../../src/hash/hash-source.ts';
import { hashModulo } from '../../src/store-path/hash-modulo.ts';

const PART = '8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm';
/** One that overlaps itself at every offset, and one at every other. */
const RUNS = ['1'.repeat(32), '12'.repeat(16)];

/** store-path.md section 5, word for word. */
function naive(algo: HashAlgo, text: string, part: string, positions: boolean): Uint8Array {
  const offsets: number[] = [];
  let rest = text;
  for (let at = rest.indexOf(part); at >= 0; at = rest.indexOf(part)) {
    offsets.push(at);
    rest = rest.slice(0, at) + '\0'.repeat(32) + rest.slice(at + 32);
  }
  const after = positions ? offsets.map((offset) => `|${offset}`).join('') : '';
  return hashBytes(algo, Buffer.from(rest + after, 'latin1')).digest;
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('hashModulo', () => {
  it('law: is the rule of the reference under any chunking, and leaves the bytes as they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(PART, ...RUNS).chain((part) =>
          fc.record({
            part: fc.constant(part),
            pieces: fc.array(
              fc.oneof(
                fc.constant(part),
                fc.tuple(fc.nat(32), fc.nat(32)).map(([a, b]) => part.slice(a, b)),
                fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
              ),
              { maxLength: 10 },
            ),
          }),
        ),
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async ({ part, pieces }, sizes, positions) => {
          const text = pieces.join('');
          const bytes = Buffer.from(text, 'latin1');
          const { digest } = await hashModulo('sha256', cut(bytes, sizes), part, { positions });
          assert.deepEqual(Buffer.from(digest), Buffer.from(naive('sha256', text, part, positions)));
          assert.equal(bytes.toString('latin1'), text);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is the plain hash of what does not name itself, by any algorithm', async () => {
    const bytes = Buffer.from(`${PART.slice(1)} ${PART.slice(0, -1)}`);
    for (const algo of ['md5', 'sha1', 'sha256', 'sha512', 'blake3'] as const)
      assert.deepEqual(await hashModulo(algo, bytes, PART), hashBytes(algo, bytes));
  });

  it('tells positions apart unless asked not to', async () => {
    const [a, b] = [`${PART}${'\0'.repeat(32)}`, `${'\0'.repeat(32)}${PART}`].map((text) =>
      Buffer.from(text),
    );
    assert.ok(a !== undefined && b !== undefined);
    assert.notDeepEqual(await hashModulo('sha256', a, PART), await hashModulo('sha256', b, PART));
    const positions = false;
    assert.deepEqual(
      await hashModulo('sha256', a, PART, { positions }),
      await hashModulo('sha256', b, PART, { positions }),
    );
  });

  it('refuses what is no hash part, no bytes, or no option', async () => {
    for (const part of ['', PART.slice(1), `${PART}0`, PART.toUpperCase(), `e${PART.slice(1)}`])
      await assert.rejects(hashModulo('sha256', new Uint8Array(), part), RangeError);
    await assert.rejects(hashModulo('sha256', ['text'] as unknown as Uint8Array[], PART), TypeError);
    await assert.rejects(
      hashModulo('sha256', new Uint8Array(), PART, { position: true } as object),
      TypeError,
    );
  });
});
