import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { existingKeys, type Questions } from '../../src/s3/existing.ts';
import { S3Store } from '../../src/s3/s3-store.ts';
import { s3 } from './setup.ts';

const narInfoKey = (i: number): string =>
  `${createHash('sha256').update(String(i)).digest('hex').slice(0, 32)}.narinfo`;

/** A bucket with pages of `pageSize`, which counts what it is asked. */
function bucket(objects: Iterable<string>, pageSize = 1000) {
  const all = [...new Set(objects)].sort();
  const asked = { pages: 0, heads: 0 };
  const questions: Questions = {
    page: async (directory, after) => {
      asked.pages++;
      const below = all.filter((key) => key.startsWith(directory) && key > after);
      const entries = below.map((key) => {
        const slash = key.indexOf('/', directory.length);
        return slash < 0 ? key : key.slice(0, slash + 1);
      });
      const page = [...new Set(entries)].slice(0, pageSize);
      const end = page.at(-1);
      const truncated = new Set(entries).size > pageSize;
      return { keys: page.filter((key) => !key.endsWith('/')), end: truncated ? end : undefined };
    },
    each: async (keys) => {
      asked.heads += keys.length;
      return keys.filter((key) => all.includes(key));
    },
  };
  return { asked, questions };
}

describe('existingKeys', () => {
  it('is what asking one by one says', async () => {
    // Few characters, so that keys are near to each other, and nested.
    const key = fc.stringMatching(/^[ab]{1,3}(\/[ab]{1,3})?$/);
    const keys = fc.array(key, { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(keys, keys, fc.integer({ min: 1, max: 40 }), async (there, wanted, pageSize) => {
        // Padded, for few keys are not listed at all.
        const many = [...wanted, ...Array.from({ length: 100 }, (_, i) => `b${i}`)];
        const has = new Set([...there, ...Array.from({ length: 50 }, (_, i) => `b${2 * i}`)]);
        const found = await existingKeys(many, bucket(has, pageSize).questions);
        assert.deepEqual([...found].sort(), [...new Set(many)].filter((one) => has.has(one)).sort());
      }),
    );
  });

  it('costs pages, not questions, where the keys are most of what is there, NARs beside them or not', async () => {
    const keys = Array.from({ length: 10_000 }, (_, i) => narInfoKey(i));
    const nars = keys.map((key) => `a/${key}`);
    for (const [objects, found, most] of [
      [[], 0, 1],
      [[...keys, ...nars], 10_000, 30],
    ] as const) {
      const { asked, questions } = bucket(objects);
      assert.equal((await existingKeys(keys, questions)).size, found);
      assert.equal(asked.heads, 0);
      assert.ok(asked.pages <= most, `${asked.pages} pages`);
    }
  });

  it('gives up at the first page of a bucket that holds a hundred times as many others', async () => {
    const others = Array.from({ length: 20_000 }, (_, i) => narInfoKey(i));
    const wanted = [...others.slice(0, 100), ...Array.from({ length: 100 }, (_, i) => narInfoKey(-1 - i))];
    const { asked, questions } = bucket(others);
    assert.equal((await existingKeys(wanted, questions)).size, 100);
    assert.equal(asked.pages, 1);
    assert.ok(asked.heads > 150, `${asked.heads} questions`);
  });

  it('asks one by one for a few', async () => {
    const { asked, questions } = bucket(['a', 'b']);
    assert.deepEqual([...(await existingKeys(['b', 'c'], questions))], ['b']);
    assert.deepEqual(asked, { pages: 0, heads: 2 });
  });
});

s3(
  'tells of more keys than a page holds, below a prefix and beside other directories',
  async ({ client, bucket }) => {
    const store = new S3Store({ client, bucket, prefix: 'mass/query' });
    const keys = Array.from({ length: 1300 }, (_, i) => narInfoKey(i));
    const there = [...keys.filter((_, i) => i % 8 !== 0), 'nar/x.nar', 'log/y'];
    const put = async (key: string) =>
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `mass/query/${key}`, Body: 'x' }));
    for (let at = 0; at < there.length; at += 32) await Promise.all(there.slice(at, at + 32).map(put));
    const found = await store.existing([...keys, 'nar/x.nar', 'nar/z.nar', 'log']);
    assert.deepEqual(
      [...found].sort(),
      keys
        .filter((_, i) => i % 8 !== 0)
        .concat('nar/x.nar')
        .sort(),
    );
  },
);
