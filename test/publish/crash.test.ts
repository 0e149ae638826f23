import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BinaryCache } from 'narkit/cache';
import { none } from 'narkit/codec';
import { FileStore, zstd } from 'narkit/node';
import { publish } from 'narkit/publish';
import { createSigner, generateSecretKey } from 'narkit/signature';
import { MemoryStore, type WritableStore } from 'narkit/store';
import { narsOf } from '../support/infos.ts';
import { assertInvariant } from '../support/invariant.ts';
import { tempDir } from '../support/temp.ts';
import { COUNT, closureSet } from './closure-set.ts';

const signers = [createSigner(generateSecretKey('crash-1'))];

describe('the closure invariant under failure', () => {
  it('holds wherever the store begins to fail, and a second run completes', async () => {
    const objects = await closureSet();
    const infos = objects.map(({ info }) => info);
    for (let budget = 0; ; budget++) {
      const memory = new MemoryStore();
      const failing = new BinaryCache(failingAfter(memory, budget));
      const options = { nar: narsOf(objects), codec: none, signers, retries: 0 };
      const outcome = await publish(failing, infos, options).then(
        () => 'complete',
        (error: Error) => error.message,
      );
      const cache = new BinaryCache(memory);
      const announced = await assertInvariant(cache);
      if (outcome === 'complete') {
        assert.equal(announced, COUNT);
        assert.ok(budget > 2 * COUNT, `only ${budget} writes`);
        return;
      }
      assert.equal(outcome, 'out of order');
      await publish(cache, infos, options);
      assert.equal(await assertInvariant(cache), COUNT);
    }
  });

  it('holds when the process is killed at 50 random moments, and a second run completes', async (t) => {
    const dir = join(await tempDir(t), 'cache');
    const cache = new BinaryCache(new FileStore(dir), { decoders: [zstd] });
    const started = performance.now();
    await finish(start(dir));
    const whole = await duration(dir);
    let interrupted = 0;
    for (let i = 0; i < 50; i++) {
      // Half of the kills hit an empty cache, half go on where the last one was hit.
      if (i % 2 === 0) await rm(dir, { recursive: true, force: true });
      await mkdir(dir, { recursive: true }); // a kill may come before the first write
      const run = start(dir);
      await ready(run);
      await sleep(Math.random() * whole);
      run.child.kill('SIGKILL');
      await run.exited;
      const announced = await assertInvariant(cache);
      if (announced < COUNT) interrupted++;
    }
    await finish(start(dir));
    assert.equal(await assertInvariant(cache), COUNT);
    t.diagnostic(
      `${interrupted} of 50 kills hit an unfinished run; ${Math.round(performance.now() - started)} ms in all`,
    );
    assert.ok(interrupted >= 15, `only ${interrupted} of 50 kills came before the end`);
  });
});

/** A child that publishes, and its end: listened for from the start, lest it be missed. */
interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown[]>;
}

function start(dir: string): Run {
  const args = ['--conditions=@narkit/source', join(import.meta.dirname, 'publish-child.ts'), dir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, exited: once(child, 'exit') };
}

async function ready({ child }: Run): Promise<void> {
  await once(child.stdout as NodeJS.EventEmitter, 'data');
}

async function finish({ exited }: Run): Promise<void> {
  assert.deepEqual(await exited, [0, null]);
}

/** Milliseconds from `ready` to the end of an undisturbed run into an empty cache. */
async function duration(dir: string): Promise<number> {
  await rm(dir, { recursive: true });
  const run = start(dir);
  await ready(run);
  const began = performance.now();
  await ready(run); // this time it says that it is done: the end of a process takes longer than all of this
  const took = performance.now() - began;
  await finish(run);
  return took;
}

/** A store whose writes fail for good after `budget` of them; what was under way stays incomplete. */
function failingAfter(store: MemoryStore, budget: number): WritableStore {
  let left = budget;
  return {
    name: store.name,
    head: (key, options) => store.head(key, options),
    get: (key, options) => store.get(key, options),
    delete: (key) => store.delete(key),
    put: async (key, body, options) => {
      if (left-- <= 0) throw new Error('out of order');
      return await store.put(key, body, options);
    },
  };
}
