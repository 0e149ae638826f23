/** `hashPath` is `dumpPath`, `writeNar` and a hash, whatever it does with threads. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { test } from 'node:test';
import { isNarkitError } from 'narkit';
import { type HashAlgo, hashSource } from 'narkit/hash';
import { writeNar } from 'narkit/nar';
import { dumpPath, hashPath } from 'narkit/node';
import { tempDir } from '../support/temp.ts';

/** Enough for the thread to start, and for the ring to go round: about 20 MB. */
function makeTree(root: string, files = 600): void {
  mkdirSync(`${root}/leer`, { recursive: true });
  symlinkSync('leer/nirgends', `${root}/verweis`);
  // Around the sizes at which a read is split, a slot is full, a file is no longer handed over.
  const sizes = [0, 1, 7, 8, 65_535, 65_536, 131_071, 131_072, 131_073, 524_287, 524_288, 524_289, 700_001];
  for (let n = 0; n < files; n++) {
    const body = new Uint8Array(sizes[n] ?? (n % 50 === 0 ? 300_000 : (n * 7919) % 40_000)).fill(n);
    const folder = `${root}/${n % 7}/ordner-${n % 3}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/${n}.txt`, body, { mode: n % 5 === 0 ? 0o755 : 0o644 });
  }
}

function expected(root: string, algo: HashAlgo = 'sha256') {
  return hashSource(algo, writeNar(dumpPath(root)));
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

test('the same hash and size as the NAR, of trees large and small', async (t) => {
  const base = await tempDir(t);
  makeTree(`${base}/large`);
  makeTree(`${base}/small`, 5);
  for (const root of ['large', 'small', 'large/leer', 'large/verweis', 'large/0/ordner-0/0.txt']) {
    assert.deepEqual(await hashPath(`${base}/${root}`), await expected(`${base}/${root}`), root);
  }
  for (const algo of ['sha512', 'blake3'] as const) {
    assert.deepEqual(await hashPath(`${base}/large`, { algo }), await expected(`${base}/large`, algo));
  }
});

test('one large file, larger than the ring', async (t) => {
  const path = `${await tempDir(t)}/file`;
  const body = new Uint8Array(21_000_001).map((_, i) => i * 31);
  writeFileSync(path, body);
  assert.deepEqual(await hashPath(path), await expected(path));
});

test('several at once do not mix', async (t) => {
  const base = await tempDir(t);
  for (const n of [200, 300, 400]) makeTree(`${base}/${n}`, n);
  const roots = [200, 300, 400].map((n) => `${base}/${n}`);
  const [ours, theirs] = await Promise.all([
    Promise.all(roots.map((root) => hashPath(root))),
    Promise.all(roots.map((root) => expected(root))),
  ]);
  assert.deepEqual(ours, theirs);
});

test('a failure or an abort in the middle leaves no file open', async (t) => {
  const root = await tempDir(t);
  makeTree(root);
  execFileSync('mkfifo', [`${root}/zuletzt`]);
  const before = process.platform === 'linux' ? openFiles() : 0;
  await assert.rejects(hashPath(root), (err) => isNarkitError(err, 'ERR_FILE_UNSUPPORTED'));
  const abort = new AbortController();
  const filter = ({ path }: { path: string }): boolean => {
    if (path === '6') abort.abort(new Error('enough'));
    return path !== 'zuletzt';
  };
  await assert.rejects(hashPath(root, { filter, signal: abort.signal }), /enough/);
  assert.deepEqual((await hashPath(root, { filter: ({ path }) => path !== 'zuletzt' })).hash.algo, 'sha256');
  if (process.platform === 'linux') assert.equal(openFiles(), before);
});

test('a file with more bytes than its size says has changed', async (t) => {
  if (process.platform !== 'linux') return t.skip('no /proc here');
  await assert.rejects(hashPath('/proc/self/status'), (err) => isNarkitError(err, 'ERR_FILE_CHANGED'));
});

test('a file that shrinks or grows after it was handed over', async (t) => {
  const root = await tempDir(t);
  makeTree(root);
  for (const size of [0, 90_000]) {
    // Opened and measured before the next member is asked about; the thread reads it when it gets there.
    const name = 'lang';
    mkdirSync(`${root}/${name}`, { recursive: true });
    for (let n = 10; n < 50; n++) writeFileSync(`${root}/${name}/a${n}`, new Uint8Array(60_000));
    const filter = ({ path }: { path: string }): boolean => {
      const n = Number(/^lang\/a(\d+)$/.exec(path)?.[1]);
      if (n > 10) writeFileSync(`${root}/${name}/a${n - 1}`, new Uint8Array(size));
      return true;
    };
    // Whichever of the two threads is first: never a wrong hash without an error.
    const unchanged = await expected(root);
    const result = await hashPath(root, { filter }).catch((err: unknown) => err);
    if (result instanceof Error) assert.ok(isNarkitError(result, 'ERR_FILE_CHANGED'), String(result));
    else assert.equal((result as typeof unchanged).size, unchanged.size);
  }
});
