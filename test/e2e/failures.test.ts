/**
 * Bad input, bad caches, bad luck: every case ends in a typed error that says what is wrong, and
 * leaves nothing behind.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { isNarkitError } from 'narkit';
import type { BinaryCache } from 'narkit/cache';
import { hashSource } from 'narkit/hash';
import { readNar, writeNar } from 'narkit/nar';
import type { PathInfo } from 'narkit/narinfo';
import { dumpPath, openCache, readSecretKeyFile, restorePath, writeKeyFiles } from 'narkit/node';
import { fetchPath, type PublishOptions, publish } from 'narkit/publish';
import { createSigner, generateSecretKey, printSecretKey, type Signer } from 'narkit/signature';
import type { WritableStore } from 'narkit/store';
import { startCeph } from '../services/ceph.ts';
import { pathOf } from '../support/infos.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const key = generateSecretKey('failures-1');
const signers: readonly Signer[] = [createSigner(key)];

/** A tree on disk, and what a Nix store would know of it. */
async function makeTree(dir: string, name: string): Promise<{ tree: string; info: PathInfo }> {
  const tree = join(dir, name);
  await mkdir(join(tree, 'sub'), { recursive: true });
  await writeFile(join(tree, 'a'), Buffer.alloc(300_000, 'some text, '));
  await writeFile(join(tree, 'sub/b'), 'b');
  const { hash: narHash, size: narSize } = await hashSource('sha256', writeNar(dumpPath(tree)));
  return { tree, info: { storePath: pathOf(name), narHash, narSize, references: [], signatures: [] } };
}

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

describe('publishing what is wrong', () => {
  const cases: [string, string, (tree: string, info: PathInfo) => Promise<Partial<PathInfo> | undefined>][] =
    [
      [
        'a wrong NarHash',
        'ERR_HASH_MISMATCH',
        async (_, info) => ({ narHash: { ...info.narHash, digest: new Uint8Array(32) } }),
      ],
      ['a wrong NarSize', 'ERR_SIZE_MISMATCH', async (_, info) => ({ narSize: info.narSize + 8 })],
      ['a missing reference', 'ERR_MISSING_REFERENCE', async () => ({ references: [pathOf('elsewhere')] })],
      [
        'a file that was removed',
        'ERR_FILE_IO',
        async (tree) => {
          execFileSync('rm', ['-r', tree]);
          return undefined;
        },
      ],
      [
        'a fifo in the tree',
        'ERR_FILE_UNSUPPORTED',
        async (tree) => {
          execFileSync('mkfifo', [join(tree, 'sub/fifo')]);
          return undefined;
        },
      ],
    ];
  for (const [what, code, spoil] of cases) {
    it(`${what}: ${code}`, async (t) => {
      const dir = await tempDir(t);
      const { tree, info } = await makeTree(dir, 'tree');
      const changed = { ...info, ...(await spoil(tree, info)) };
      const { cache, publishing } = await openCache(`file://${dir}/cache`);
      const options: PublishOptions = { ...publishing, signers, nar: () => writeNar(dumpPath(tree)) };
      await assert.rejects(
        publish(cache, [changed], options),
        (error) => isNarkitError(error) && error.code === code,
      );
      assert.deepEqual(await filesBelow(join(dir, 'cache')), ['nix-cache-info']);
    });
  }

  it('a socket in the tree: ERR_FILE_UNSUPPORTED, naming it', async (t) => {
    const dir = await tempDir(t);
    const { tree } = await makeTree(dir, 'tree');
    const server = createServer().listen(join(tree, 'sock'));
    t.after(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    await assert.rejects(hashSource('sha256', writeNar(dumpPath(tree))), {
      code: 'ERR_FILE_UNSUPPORTED',
      path: /sock$/,
    });
  });

  it('a file that shrinks while it is dumped: ERR_FILE_CHANGED', async (t) => {
    const dir = await tempDir(t);
    const { tree, info } = await makeTree(dir, 'tree');
    const big = join(tree, 'a');
    await writeFile(big, Buffer.alloc(8_000_000));
    const { cache, publishing } = await openCache(`file://${dir}/cache`);
    const { hash: narHash, size: narSize } = await hashSource('sha256', writeNar(dumpPath(tree)));
    const options: PublishOptions = {
      ...publishing,
      signers,
      nar: async function* nar() {
        for await (const chunk of writeNar(dumpPath(tree))) {
          yield chunk;
          await writeFile(big, 'now it is short');
        }
      } as unknown as PublishOptions['nar'],
    };
    await assert.rejects(publish(cache, [{ ...info, narHash, narSize }], options), {
      code: 'ERR_FILE_CHANGED',
    });
    assert.deepEqual(await filesBelow(join(dir, 'cache')), ['nix-cache-info']);
  });
});

describe('configuration that is wrong', () => {
  it('a misspelt URL parameter names the nearest known one', async () => {
    await assert.rejects(openCache('file:///tmp/x?comperssion=zstd'), {
      code: 'ERR_PARSE_STORE_URL',
      message: /comperssion.*'compression'/,
    });
  });

  it('key files: missing, garbage, public for secret; never the text in the message', async (t) => {
    const dir = await tempDir(t);
    await assert.rejects(readSecretKeyFile(join(dir, 'absent')), { code: 'ERR_FILE_IO', message: /absent/ });
    await writeKeyFiles(key, join(dir, 'secret'), join(dir, 'public'));
    await assert.rejects(readSecretKeyFile(join(dir, 'public')), {
      code: 'ERR_PARSE_KEY',
      message: /looks like a public key/,
    });
    const secret = printSecretKey(key).slice(12);
    for (const text of [secret, `x:${secret.slice(0, 40)}`, `x:!${secret}`, `${secret}:x`]) {
      await writeFile(join(dir, 'bad'), text);
      await assert.rejects(readSecretKeyFile(join(dir, 'bad')), (error) => {
        assert.ok(isNarkitError(error, 'ERR_PARSE_KEY'));
        assert.ok(!error.message.includes(secret.slice(0, 20)), error.message);
        return true;
      });
    }
    await assert.rejects(writeKeyFiles(key, join(dir, 'secret'), join(dir, 'new')), {
      code: 'ERR_FILE_EXISTS',
    });
    await assert.rejects(writeKeyFiles(key, join(dir, 'new'), join(dir, 'public')), {
      code: 'ERR_FILE_EXISTS',
    });
    assert.deepEqual((await readdir(dir)).sort(), ['bad', 'public', 'secret']);
  });

  it('a cache directory that cannot be written', async (t) => {
    const dir = await tempDir(t);
    await writeFile(join(dir, 'file'), 'not a directory');
    const { tree, info } = await makeTree(dir, 'tree');
    const { cache, publishing } = await openCache(`file://${dir}/file/cache`);
    const publishing2 = publish(cache, [info], {
      ...publishing,
      signers,
      nar: () => writeNar(dumpPath(tree)),
    });
    await assert.rejects(publishing2, { name: 'StoreError', message: /file\/cache/ });
  });

  it('S3: no such bucket, wrong credentials, nobody listening', async (t) => {
    const ceph = await startCeph();
    if (!need(t, 's3', ceph !== undefined, 'Ceph RGW') || ceph === undefined) return;
    t.after(() => ceph.stop());
    const { tree, info } = await makeTree(await tempDir(t), 'tree');
    const attempt = async (endpoint: string, secret: string): Promise<unknown> => {
      process.env['AWS_ACCESS_KEY_ID'] = ceph.accessKeyId;
      process.env['AWS_SECRET_ACCESS_KEY'] = secret;
      const url = `s3://no-such-bucket-here?region=us-east-1&endpoint=${encodeURIComponent(endpoint)}`;
      const { cache, publishing } = await openCache(url);
      return await publish(cache, [info], { ...publishing, signers, nar: () => writeNar(dumpPath(tree)) });
    };
    await assert.rejects(attempt(ceph.endpoint, ceph.secretAccessKey), {
      code: 'ERR_MISSING_CONTAINER',
      message: /no-such-bucket-here/,
    });
    await assert.rejects(attempt(ceph.endpoint, 'wrong-secret'), (error) => {
      assert.ok(isNarkitError(error, 'ERR_STORE_DENIED'), String(error));
      assert.ok(!error.message.includes('wrong-secret'));
      return true;
    });
    await assert.rejects(attempt('http://127.0.0.1:9', ceph.secretAccessKey), {
      code: 'ERR_STORE_UNAVAILABLE',
    });
  });
});

describe('fetching what is wrong', () => {
  let dir: string;
  let info: PathInfo;
  let cache: BinaryCache<WritableStore>;
  let narFile: string;
  beforeEach(async (t) => {
    dir = await tempDir(t as Parameters<typeof tempDir>[0]);
  });

  /** Publishes a tree with the codec, and tells where its NAR lies. */
  async function published(compression: string): Promise<void> {
    const made = await makeTree(dir, 'tree');
    info = made.info;
    const opened = await openCache(`file://${dir}/cache?compression=${compression}`);
    cache = opened.cache;
    await publish(cache, [info], { ...opened.publishing, signers, nar: () => writeNar(dumpPath(made.tree)) });
    narFile = join(dir, 'cache', (await cache.narInfo(info.storePath))?.url ?? assert.fail());
  }

  async function fetchAndRestore(): Promise<void> {
    const { nar } = await fetchPath(cache, info.storePath, {
      trustedKeys: signers.map((signer) => signer.publicKey),
    });
    await restorePath(readNar(nar), join(dir, 'restored'));
  }

  for (const compression of ['none', 'gzip', 'zstd', 'xz', 'br']) {
    it(`${compression}: truncated, corrupted or emptied NARs leave no tree`, async (t) => {
      try {
        await published(compression);
      } catch (error) {
        if (!isNarkitError(error, 'ERR_UNSUPPORTED')) throw error;
        t.skip(error.message);
        return;
      }
      const good = await readFile(narFile);
      const bad = [
        good.subarray(0, good.length - 1),
        good.subarray(0, good.length >> 1),
        Buffer.alloc(0),
        Buffer.concat([good, Buffer.from('x')]),
        Buffer.from(good).fill(0x55, good.length >> 1, (good.length >> 1) + 4),
      ];
      for (const bytes of bad) {
        await writeFile(narFile, bytes);
        await assert.rejects(fetchAndRestore(), (error) =>
          isNarkitError(
            error,
            'ERR_HASH_MISMATCH',
            'ERR_SIZE_MISMATCH',
            'ERR_COMPRESSED_DATA',
            'ERR_NAR_TRUNCATED',
            'ERR_NAR_SYNTAX',
            'ERR_NAR_TRAILING',
          ),
        );
        assert.deepEqual((await readdir(dir)).sort(), ['cache', 'tree']);
      }
      await writeFile(narFile, good);
      await fetchAndRestore();
      await assert.rejects(fetchAndRestore(), { code: 'ERR_FILE_EXISTS' });
    });
  }

  it('a narinfo changed by one character, or whose NAR is gone', async () => {
    await published('zstd');
    const file = join(dir, 'cache', `${info.storePath.slice(0, 32)}.narinfo`);
    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text.replace(/NarSize: (\d+)/, (_, size) => `NarSize: ${Number(size) + 1}`),
    );
    await assert.rejects(fetchAndRestore(), { code: 'ERR_UNTRUSTED', message: /does not match/ });
    await writeFile(file, text);
    execFileSync('rm', [narFile]);
    await assert.rejects(fetchAndRestore(), { code: 'ERR_MISSING_NAR' });
    assert.deepEqual((await readdir(dir)).sort(), ['cache', 'tree']);
  });
});
