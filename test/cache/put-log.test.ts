/** Build logs in a cache. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryCache, putLog } from 'narkit/cache';
import { MemoryStore } from 'narkit/store';
import { pathOf } from '../support/infos.ts';

const drv = pathOf('a.drv');
const text = (log: string): Uint8Array => new TextEncoder().encode(log);

test('a log is stored where it is looked for, as text, and replaced unless told otherwise', async () => {
  const cache = new BinaryCache(new MemoryStore());
  const read = async (): Promise<string> => await new Response(await cache.log(drv)).text();
  async function* parts(): AsyncGenerator<Uint8Array> {
    yield text('one\n');
    yield text('two\n');
  }
  assert.equal((await putLog(cache, drv, parts())).outcome, 'stored');
  assert.equal(await read(), 'one\ntwo\n');
  assert.equal((await cache.store.head(`log/${drv}`))?.contentType, 'text/plain; charset=utf-8');
  assert.equal((await putLog(cache, drv, text('three'), { ifAbsent: true })).outcome, 'present');
  assert.equal(await read(), 'one\ntwo\n');
  await putLog(cache, drv, text('three'));
  assert.equal(await read(), 'three');
});

test('only derivations have logs, and calls can be broken off', async () => {
  const cache = new BinaryCache(new MemoryStore());
  await assert.rejects(putLog(cache, pathOf('a'), text('x')), /\/nix\/store\/.*-a is no derivation/);
  await assert.rejects(putLog(cache, drv, text('x'), { signal: AbortSignal.abort() }), {
    name: 'AbortError',
  });
  await assert.rejects(
    putLog(cache, drv, text('x'), { ifabsent: true } as object),
    /did you mean 'ifAbsent'/,
  );
});
