import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect } from 'narkit';
import { BinaryCache, narInfoKey, narKey } from 'narkit/cache';
import { gzip, none } from 'narkit/codec';
import { equalHash, hashBytes } from 'narkit/hash';
import { parseNarListing } from 'narkit/nar';
import { type PathInfo, parseNarInfo, validSigners } from 'narkit/narinfo';
import { fetchPath, type PublishEvent, type PublishOptions, plan, publish } from 'narkit/publish';
import { createSigner, generateSecretKey, Keyring, toPublicKey } from 'narkit/signature';
import { MemoryStore } from 'narkit/store';
import { narsOf, pathOf, type TestObject, textObject } from '../support/infos.ts';

const key = generateSecretKey('test-1');
const signer = createSigner(key);

function newCache(): BinaryCache<MemoryStore> {
  return new BinaryCache(new MemoryStore(), { decoders: [gzip] });
}

async function keysOf(cache: BinaryCache<MemoryStore>): Promise<string[]> {
  const keys: string[] = [];
  for await (const object of cache.store.list()) keys.push(object.key);
  return keys.sort();
}

async function chain(): Promise<TestObject[]> {
  const a = await textObject('a', 'A');
  const b = await textObject('b', 'B', [a.info.storePath]);
  const c = await textObject('c', 'C', [a.info.storePath, b.info.storePath, pathOf('c')]);
  return [c, a, b];
}

const infosOf = (objects: readonly TestObject[]): PathInfo[] => objects.map(({ info }) => info);

describe('publish', () => {
  it('makes a closure fetchable, signed, NARs under their own hash', async () => {
    const objects = await chain();
    const cache = newCache();
    const options: PublishOptions = { nar: narsOf(objects), signers: [signer], codec: gzip };
    const receipts = await publish(cache, infosOf(objects), options);
    assert.deepEqual(
      receipts.map((receipt) => [receipt.storePath.slice(33), receipt.outcome]),
      [
        ['a', 'uploaded'],
        ['b', 'uploaded'],
        ['c', 'uploaded'],
      ],
    );
    for (const { info, nar } of objects) {
      const fetched = await fetchPath(cache, info.storePath, { trustedKeys: [toPublicKey(key)] });
      assert.deepEqual(await collect(fetched.nar), nar);
      assert.equal(fetched.narInfo.url, narKey(info.narHash, gzip));
      const file = await collect((await cache.store.get(fetched.narInfo.url))?.body ?? assert.fail());
      assert.ok(equalHash(fetched.narInfo.fileHash ?? assert.fail(), hashBytes('sha256', file)));
      assert.equal(fetched.narInfo.fileSize, file.length);
    }
    const again = await publish(cache, infosOf(objects), {
      ...options,
      nar: () => assert.fail('nothing to read'),
    });
    assert.ok(again.every((receipt) => receipt.outcome === 'present'));
  });

  it('describes the cache, and refuses one of another store directory', async () => {
    const cache = newCache();
    await publish(cache, [], { nar: () => assert.fail() });
    assert.deepEqual(await cache.cacheInfo(), { storeDir: '/nix/store' });
    const other = new BinaryCache(cache.store, { storeDir: '/gnu/store' });
    await assert.rejects(publish(other, [], { nar: () => assert.fail() }), { code: 'ERR_STORE_DIR' });
  });

  it('writes nothing for an unsigned path, unless told to', async () => {
    const objects = [await textObject('a', 'A')];
    const cache = newCache();
    const options = { nar: narsOf(objects) };
    await assert.rejects(publish(cache, infosOf(objects), options), { code: 'ERR_UNSIGNED' });
    assert.deepEqual(await keysOf(cache), ['nix-cache-info']);
    await publish(cache, infosOf(objects), { ...options, allowUnsigned: true });
    assert.equal((await keysOf(cache)).length, 3);
  });

  it('refuses a missing reference before anything is uploaded, unless told to', async () => {
    const object = await textObject('b', 'B', [pathOf('elsewhere')]);
    const cache = newCache();
    const options = { nar: narsOf([object]), signers: [signer] };
    await assert.rejects(publish(cache, [object.info], options), {
      code: 'ERR_MISSING_REFERENCE',
      subject: `/nix/store/${pathOf('elsewhere')}`,
    });
    assert.deepEqual(await keysOf(cache), ['nix-cache-info']);
    await publish(cache, [object.info], { ...options, incompleteClosure: true });
  });

  it('adds the signature of a new signer to a present path, and drops none', async () => {
    const objects = [await textObject('a', 'A')];
    const cache = newCache();
    await publish(cache, infosOf(objects), { nar: narsOf(objects), signers: [signer] });
    const second = createSigner(generateSecretKey('test-2'));
    const receipts = await publish(cache, infosOf(objects), { nar: () => assert.fail(), signers: [second] });
    assert.equal(receipts[0]?.outcome, 'resigned');
    const info = (await cache.narInfo(pathOf('a'))) ?? assert.fail();
    assert.deepEqual(validSigners(info, new Keyring([signer.publicKey, second.publicKey])).sort(), [
      'test-1',
      'test-2',
    ]);
  });

  it('signs only what it knows: another build of the path is left alone', async () => {
    const theirs = await textObject('a', 'theirs');
    const ours = await textObject('a', 'ours');
    const reference = await textObject('r', 'R');
    const other = createSigner(generateSecretKey('other-1'));
    const cache = newCache();
    await publish(cache, [theirs.info, reference.info], {
      nar: narsOf([theirs, reference]),
      signers: [other],
    });
    const before = await cache.narInfo(pathOf('a'));
    const moreReferences = { ...theirs.info, references: [pathOf('r')] };
    for (const info of [ours.info, moreReferences]) {
      const [receipt] = await publish(cache, [info], { nar: () => assert.fail(), signers: [signer] });
      assert.equal(receipt?.outcome, 'differs');
      assert.deepEqual(await cache.narInfo(pathOf('a')), before);
    }
    // Signed by everybody who is asked to sign: nothing to be done, whatever the content.
    const [receipt] = await publish(cache, [ours.info], { nar: () => assert.fail(), signers: [other] });
    assert.equal(receipt?.outcome, 'present');
  });

  it('replaces a narinfo that cannot be read', async () => {
    const object = await textObject('a', 'A');
    const cache = newCache();
    await cache.store.put(narInfoKey(pathOf('a')), new TextEncoder().encode('half a narin'));
    const [receipt] = await publish(cache, [object.info], { nar: () => object.nar, signers: [signer] });
    assert.equal(receipt?.outcome, 'uploaded');
    assert.ok(await cache.narInfo(pathOf('a')));
  });

  it('replaces a forged signature under the name of a signer', async () => {
    const objects = [await textObject('a', 'A')];
    const cache = newCache();
    const forger = createSigner(generateSecretKey('test-1'));
    await publish(cache, infosOf(objects), { nar: narsOf(objects), signers: [forger] });
    const receipts = await publish(cache, infosOf(objects), { nar: () => assert.fail(), signers: [signer] });
    assert.equal(receipts[0]?.outcome, 'resigned');
  });

  for (const [what, spoil] of [
    ['wrong bytes', (nar: Uint8Array) => nar.with(nar.length - 24, 0x21)],
    ['too few bytes', (nar: Uint8Array) => nar.subarray(0, -8)],
    ['too many bytes', (nar: Uint8Array) => new Uint8Array([...nar, 0, 0, 0, 0, 0, 0, 0, 0])],
  ] as const) {
    it(`leaves neither NAR nor narinfo behind when the NAR has ${what}`, async () => {
      const object = await textObject('a', 'A');
      for (const codec of [none, gzip]) {
        const cache = newCache();
        const publishing = publish(cache, [object.info], {
          nar: () => spoil(object.nar),
          signers: [signer],
          codec,
        });
        await assert.rejects(publishing, { name: 'IntegrityError' });
        assert.deepEqual(await keysOf(cache), ['nix-cache-info']);
      }
    });
  }

  it('publishes no narinfo whose reference failed', async () => {
    const objects = await chain();
    const nar = narsOf(objects);
    const cache = newCache();
    const options: PublishOptions = {
      signers: [signer],
      nar: (info) => (info.storePath === pathOf('a') ? new Uint8Array(3) : nar(info)),
    };
    await assert.rejects(publish(cache, infosOf(objects), options), { code: 'ERR_SIZE_MISMATCH' });
    assert.deepEqual(
      (await keysOf(cache)).filter((name) => name.endsWith('.narinfo')),
      [],
    );
  });

  it('stores equal content once', async () => {
    const objects = [await textObject('a', 'same'), await textObject('b', 'same')];
    const cache = newCache();
    let opened = 0;
    const nar = (info: PathInfo): Uint8Array => {
      opened++;
      return narsOf(objects)(info);
    };
    await publish(cache, infosOf(objects), { nar, signers: [signer] });
    assert.equal(opened, 1);
    assert.equal((await keysOf(cache)).filter((name) => name.startsWith('nar/')).length, 1);
  });

  it('keeps a NAR that is there already when it is right, replaces it when it is not', async () => {
    const object = await textObject('a', 'A');
    const url = narKey(object.info.narHash, gzip);
    const good = await collect(gzip.compress(toChunks(object.nar)));
    for (const [there, outcome] of [
      [good, 'deduplicated'],
      [good.subarray(0, -1), 'uploaded'],
      [new Uint8Array(0), 'uploaded'],
    ] as const) {
      const cache = newCache();
      await cache.store.put(url, there);
      const [receipt] = await publish(cache, [object.info], {
        nar: () => object.nar,
        signers: [signer],
        codec: gzip,
      });
      assert.equal(receipt?.outcome, outcome);
      const { nar } = await fetchPath(cache, object.info.storePath, { trustedKeys: [toPublicKey(key)] });
      assert.deepEqual(await collect(nar), object.nar);
    }
  });

  it('writes listings on request', async () => {
    const objects = [await textObject('a', 'hello\n')];
    const cache = newCache();
    await publish(cache, infosOf(objects), { nar: narsOf(objects), signers: [signer], listing: true });
    const listing = await collect(
      (await cache.store.get(`${pathOf('a').slice(0, 32)}.ls`))?.body ?? assert.fail(),
    );
    assert.deepEqual(parseNarListing(new TextDecoder().decode(listing)).root, {
      type: 'regular',
      size: 6,
      narOffset: 96,
    });
  });

  it('tells what it does, in order', async () => {
    const objects = await chain();
    const events: PublishEvent[] = [];
    await publish(newCache(), infosOf(objects), {
      nar: narsOf(objects),
      signers: [signer],
      onEvent: (event) => events.push(event),
    });
    assert.equal(events[0]?.type, 'plan');
    const done = events.flatMap((event) =>
      event.type === 'done' ? [event.receipt.storePath.slice(33)] : [],
    );
    assert.deepEqual(done, ['a', 'b', 'c']);
    const last = events.findLast((event) => event.type === 'progress');
    assert.ok(last?.type === 'progress' && last.bytes === last.info.narSize);
  });

  it('stops at an abort, says why, and leaves no narinfo without its NAR', async () => {
    const objects = await chain();
    const cache = newCache();
    const controller = new AbortController();
    const reason = new Error('enough');
    const publishing = publish(cache, infosOf(objects), {
      nar: narsOf(objects),
      signers: [signer],
      concurrency: 1,
      signal: controller.signal,
      onEvent: (event) => event.type === 'progress' && controller.abort(reason),
    });
    await assert.rejects(publishing, reason);
    assert.deepEqual(
      (await keysOf(cache)).filter((name) => name.endsWith('.narinfo')),
      [],
    );
  });

  it('honours another store directory in keys, narinfo and signature', async () => {
    const storeDir = '/home/me/store';
    const object = await textObject('a', 'A');
    const cache = new BinaryCache(new MemoryStore(), { storeDir });
    await publish(cache, [object.info], { nar: () => object.nar, signers: [signer], codec: none });
    const text = await collect(
      (await cache.store.get(`${pathOf('a').slice(0, 32)}.narinfo`))?.body ?? assert.fail(),
    );
    const info = parseNarInfo(new TextDecoder().decode(text), { storeDir });
    assert.deepEqual(validSigners(info, new Keyring([signer.publicKey]), { storeDir }), ['test-1']);
    assert.deepEqual(validSigners(info, new Keyring([signer.publicKey])), []);
  });

  it('refuses unknown options', async () => {
    const options = { nar: () => assert.fail(), signer } as unknown as PublishOptions;
    await assert.rejects(
      publish(newCache(), [], options),
      /unknown option 'signer' \(did you mean 'signers'\?\)/,
    );
  });
});

describe('plan', () => {
  it('only asks, and says for every path what would happen', async () => {
    const objects = await chain();
    const cache = newCache();
    const [, a] = objects as [TestObject, TestObject, TestObject];
    await publish(cache, [a.info], { nar: narsOf(objects), signers: [signer] });
    const before = await keysOf(cache);
    const items = await plan(cache, infosOf(objects), { signers: [signer] });
    assert.deepEqual(
      items.map((item) => [item.info.storePath.slice(33), item.action]),
      [
        ['a', 'present'],
        ['b', 'upload'],
        ['c', 'upload'],
      ],
    );
    const resign = await plan(cache, [a.info], { signers: [createSigner(generateSecretKey('new'))] });
    assert.equal(resign[0]?.action, 'resign');
    assert.deepEqual(await keysOf(cache), before);
  });

  it('finds a cycle instead of waiting for ever', async () => {
    const a = await textObject('a', 'A', [pathOf('b')]);
    const b = await textObject('b', 'B', [pathOf('a')]);
    await assert.rejects(plan(newCache(), [a.info, b.info], { signers: [signer] }), /cycle/);
  });
});

async function* toChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
