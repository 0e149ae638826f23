/**
 * Whatever is done in whatever order, a spool holds what a map in memory holds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Spool, type SpoolClaim } from 'narkit/node';
import { items, keysOf, spoolDir } from './support.ts';

type State = 'queued' | 'delayed' | 'claimed' | 'dead';

interface Expected {
  state: State;
  priority: number;
  attempts: number;
  tags: Set<string>;
}

interface Real {
  readonly directory: string;
  spool: Spool;
  held: Map<string, SpoolClaim>;
}

type Model = Map<string, Expected>;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('enqueue' as const),
      key: fc.nat(7),
      priority: fc.nat(9),
      tag: fc.nat(2),
      later: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('claim' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'ack' as const,
        'retry' as const,
        'delay' as const,
        'dead' as const,
        'release' as const,
      ),
      which: fc.nat(3),
    }),
  },
  fc.record({
    kind: fc.constantFrom('redrive' as const, 'discard' as const),
    key: fc.option(fc.nat(7), { nil: undefined }),
  }),
  fc.record({ kind: fc.constantFrom('reopen' as const, 'recover' as const) }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const far = (): Date => new Date(Date.now() + 3_600_000);

async function settle(kind: string, claim: SpoolClaim, entry: Expected, model: Model): Promise<void> {
  if (kind === 'ack') {
    await claim.ack();
    model.delete(claim.key);
  } else if (kind === 'release') {
    await claim.release();
    entry.attempts--;
    entry.state = 'queued';
  } else if (kind === 'dead') {
    await claim.dead('why');
    entry.state = 'dead';
  } else {
    await claim.retry({ error: 'e', ...(kind === 'delay' && { at: far() }) });
    entry.state = kind === 'delay' ? 'delayed' : 'queued';
  }
}

async function perform(step: Step, model: Model, real: Real): Promise<void> {
  switch (step.kind) {
    case 'enqueue': {
      const [key, tag] = [`/k/${step.key}`, `t${step.tag}`];
      const present = model.get(key);
      const outcome = await real.spool.enqueue({
        key,
        priority: step.priority,
        tags: [tag],
        ...(step.later && { at: far() }),
      });
      assert.equal(outcome, present ? 'present' : 'queued');
      present?.tags.add(tag);
      const state = step.later ? 'delayed' : 'queued';
      if (!present) model.set(key, { state, priority: step.priority, attempts: 0, tags: new Set([tag]) });
      return;
    }
    case 'claim': {
      const queued = [...model.values()].filter(({ state }) => state === 'queued');
      const claims = await real.spool.claim(step.count);
      const best = queued
        .map(({ priority }) => priority)
        .sort()
        .slice(0, step.count);
      assert.deepEqual(
        claims.map(({ priority }) => priority),
        best,
      );
      for (const claim of claims) {
        const entry = model.get(claim.key);
        assert.equal(entry?.state, 'queued');
        assert.equal(claim.attempts, ++(entry as Expected).attempts);
        assert.deepEqual(new Set(claim.tags), entry?.tags);
        (entry as Expected).state = 'claimed';
        real.held.set(claim.key, claim);
      }
      return;
    }
    case 'redrive':
    case 'discard': {
      const key = step.key === undefined ? undefined : `/k/${step.key}`;
      const dead = [...model].filter(([name, { state }]) => state === 'dead' && (key ?? name) === name);
      assert.equal(await real.spool[step.kind](key), dead.length);
      for (const [name, entry] of dead) {
        if (step.kind === 'discard') model.delete(name);
        else Object.assign(entry, { state: 'queued', attempts: 0 });
      }
      return;
    }
    case 'reopen': {
      await real.spool.close();
      real.spool = await Spool.open(real.directory, { minFreeBytes: 0 });
      real.held.clear();
      for (const entry of model.values()) {
        if (entry.state === 'claimed')
          Object.assign(entry, { state: 'queued', attempts: entry.attempts - 1 });
      }
      return;
    }
    case 'recover':
      assert.equal(await real.spool.recover(), 0);
      return;
    default: {
      const claim = [...real.held.values()][step.which];
      if (claim === undefined) return;
      real.held.delete(claim.key);
      await settle(step.kind, claim, model.get(claim.key) as Expected, model);
    }
  }
}

test('law: a spool is a map of keys', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const directory = await spoolDir(t);
      const real: Real = {
        directory,
        spool: await Spool.open(directory, { minFreeBytes: 0 }),
        held: new Map(),
      };
      const model: Model = new Map();
      for (const step of steps) await perform(step, model, real);
      for (const state of ['queued', 'delayed', 'claimed', 'dead'] as const) {
        const expected = [...model].filter(([, entry]) => entry.state === state).map(([key]) => key);
        assert.deepEqual(keysOf(await items(real.spool, state)).sort(), expected.sort(), state);
      }
      assert.equal((await real.spool.stats()).corrupt, 0);
      await real.spool.close();
    }),
    { numRuns: 40 },
  );
});
