import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { none } from '../../src/codec/codec.ts';
import { gzip, gzipCodec } from '../../src/codec/gzip.ts';
import { gzipSamples, withName } from './gzip-samples.ts';
import {
  assertRefused,
  assertSame,
  codecLaws,
  decoderLaws,
  noise,
  takenAhead,
  text,
  through,
} from './laws.ts';

codecLaws('gzip', gzip, { runs: 20 });
codecLaws('gzip level 0', gzipCodec({ level: 0 }), { runs: 5 });

decoderLaws('gzip', gzip, { samples: gzipSamples });

test('gzip: what is written is gzip, the same each time, and smaller at a higher level', async () => {
  const content = text(300_000);
  const fast = await through(gzipCodec({ level: 1 }).compress, content);
  const small = await through(gzipCodec({ level: 9 }).compress, content);
  assertSame(gunzipSync(fast), content);
  assert.ok(small.length < fast.length);
  assertSame(await through(gzipCodec({ level: 9 }).compress, content), small);
  assert.deepEqual([...small.subarray(4, 8)], [0, 0, 0, 0], 'a time stamp');
});

test('gzip: a wrong CRC-32 and a wrong length are found in any member', async () => {
  const member = gzipSync('some content');
  for (const at of [8, 5, 4, 1]) {
    const bad = Uint8Array.from(member);
    bad[bad.length - at] = (bad[bad.length - at] as number) ^ 1;
    await assertRefused(gzip, bad, `trailer byte ${8 - at}`);
    await assertRefused(gzip, Buffer.concat([bad, member]), `first member, trailer byte ${8 - at}`);
    await assertRefused(gzip, Buffer.concat([member, bad]), `second member, trailer byte ${8 - at}`);
  }
});

test('gzip: many members, members with long headers', async () => {
  const members = Array.from({ length: 300 }, (_, i) => gzipSync(`member ${i} `));
  const all = members.map((_, i) => `member ${i} `).join('');
  assert.equal(
    Buffer.from(await through(gzip.decompress, Buffer.concat(members), [64, 3, 1000])).toString(),
    all,
  );
  const long = withName(gzipSync('b'), 'x'.repeat(40_000), 'y');
  const both = await through(gzip.decompress, Buffer.concat([gzipSync('a'), long]), [999]);
  assert.equal(Buffer.from(both).toString(), 'ab');
});

test('gzip: takes no more of the source than it needs', async () => {
  assert.ok((await takenAhead(gzip.compress, noise(1_000_000))) < 1_000_000);
  assert.ok((await takenAhead(gzip.decompress, gzipSync(noise(4_000_000)))) < 1_000_000);
});

test('gzip: its keys differ from those of none', () => {
  assert.equal(gzip.extension, '.gz');
  assert.notEqual(gzip.extension, none.extension);
});

test('gzip: refuses options that are none, and levels', () => {
  assert.throws(() => gzipCodec({ levle: 1 } as object), { name: 'TypeError', message: /'levle'.*'level'/ });
  for (const level of [-1, 10, 1.5, Number.NaN]) {
    assert.throws(() => gzipCodec({ level: level as 1 }), { name: 'RangeError', message: /0 to 9/ });
  }
});
