/** What every reader of zstd must do with frames that only a hand makes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decoder } from '../../src/codec/codec.ts';
import { isNarkitError } from '../../src/errors.ts';
import { assertRefused, assertSame, noise, pieces, takenAhead, through } from './laws.ts';
import { bomb, frame, skippable } from './zstd-frames.ts';

export function zstdLaws(label: string, decoder: Decoder, bombMebibytes: number): void {
  const raw = noise(1000);
  const plain = frame([{ raw }]);

  test(`${label}: sizes declared or not, empty blocks, runs, skippable frames anywhere`, async () => {
    const run = { run: 7, length: 3000 };
    const both = Buffer.concat([raw, new Uint8Array(3000).fill(7)]);
    const nothing = { raw: new Uint8Array(0) };
    const cases: [string, Uint8Array, Uint8Array][] = [
      ['no size', plain, raw],
      ['a size', frame([{ raw }, run], { size: 4000 }), both],
      ['empty blocks', frame([nothing, { raw }, nothing, run, nothing]), both],
      ['nothing, without a size', frame([nothing]), new Uint8Array(0)],
      ['nothing, with a size', frame([nothing], { size: 0 }), new Uint8Array(0)],
      ['skippable first', Buffer.concat([skippable(noise(70_000), 3), plain]), raw],
      ['skippable and empty', Buffer.concat([skippable(new Uint8Array(0)), plain, skippable(raw, 15)]), raw],
      ['skippable between', Buffer.concat([plain, skippable(plain, 14), plain]), Buffer.concat([raw, raw])],
    ];
    for (const [what, file, content] of cases) {
      for (const sizes of [[100_000], [1], [2, 3, 0, 1000]]) {
        assertSame(await through(decoder.decompress, file, sizes), content, `${what} in pieces of ${sizes}`);
      }
    }
  });

  test(`${label}: refuses lies and broken framing`, async () => {
    const raw4 = { raw: raw.subarray(0, 4) };
    const cases: [string, Uint8Array][] = [
      ['less than declared', frame([{ raw }], { size: 1001 })],
      ['more than declared', frame([{ raw }], { size: 999 })],
      ['more than declared, a bomb', bomb(64, { size: 1000 })],
      ['more than declared, large', frame([{ raw }, { run: 1, length: 128 * 1024 }], { size: 1000 })],
      ['a size beyond all files', frame([raw4], { size: 2 ** 60 })],
      ['a reserved bit', frame([{ raw }], { bits: 0b1000 })],
      ['a reserved block type', Buffer.concat([plain.subarray(0, 6), Uint8Array.of(0b111, 0, 0, 0, 0)])],
      ['a block above 128 KiB', frame([{ run: 1, length: 128 * 1024 + 1 }])],
      ['a skippable frame cut short', skippable(raw).subarray(0, 500)],
      ['a skippable frame without its size', Buffer.concat([plain, skippable(raw).subarray(0, 6)])],
      ['a wrong magic', Buffer.concat([plain, Uint8Array.of(0x27, 0xb5, 0x2f, 0xfd), plain.subarray(4)])],
    ];
    for (const [what, file] of cases) await assertRefused(decoder, file, what);
  });

  test(`${label}: says what it does not support`, async () => {
    const cases: [string, Uint8Array, RegExp][] = [
      ['window', frame([{ raw }], { window: (17 << 3) | 1 }), /window is \d+ bytes, more than 134217728/],
      ['dictionary', frame([{ raw }], { bits: 1, dictionary: Uint8Array.of(9) }), /dictionary/],
    ];
    for (const [what, file, message] of cases) {
      await assert.rejects(through(decoder.decompress, file), (err: unknown) => {
        assert.ok(isNarkitError(err, 'ERR_UNSUPPORTED'), what);
        assert.match(err.message, message);
        return true;
      });
    }
    // The largest window that is accepted, and a dictionary id that says "none".
    assertSame(await through(decoder.decompress, frame([{ raw }], { window: 17 << 3 })), raw);
    const none = frame([{ raw }], { bits: 1, dictionary: Uint8Array.of(0) });
    assertSame(await through(decoder.decompress, none), raw);
  });

  test(`${label}: a bomb passes through in little memory`, async () => {
    const before = process.memoryUsage().rss;
    let peak = before;
    let length = 0;
    for await (const chunk of decoder.decompress(pieces(bomb(bombMebibytes), [1_000_000]))) {
      length += chunk.length;
      peak = Math.max(peak, process.memoryUsage.rss());
    }
    assert.equal(length, bombMebibytes * 1024 * 1024);
    assert.ok(peak - before < 150 * 1024 * 1024, `${(peak - before) >> 20} MiB more`);
  });

  test(`${label}: does not hold a large frame`, async () => {
    const blocks = new Array(300).fill({ raw: noise(100_000) });
    assert.ok((await takenAhead(decoder.decompress, frame(blocks))) < 3_000_000);
  });
}
