/** What the thread of `restorePath` writes, and what becomes of its failures; all other tests: restore-forced. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execPath } from 'node:process';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { NarError } from 'narkit';
import { type NarEntry, writeNar } from 'narkit/nar';
import { restorePath } from 'narkit/node';
import { restoreTree } from '../../src/node/restore.ts';
import { type LaneFile, RestoreLane } from '../../src/node/restore-lane.ts';
import { narOf, nothingHidden, regular, root, symlink } from '../support/restore.ts';
import { tempDir } from '../support/temp.ts';
import { bytesOf, raw } from '../support/tree.ts';

/** Around the sizes at which a file is handed over only to an idle thread, or never. */
const SIZES = [0, 1, 15, 16, 17, 16_383, 16_384, 16_385, 300_000, 1_048_575, 1_048_576, 1_048_577];

/** More files than the ring holds, more bytes than fit into it (about 20 MB), more directories than may wait. */
function* largeTree(): Generator<NarEntry> {
  yield root;
  for (let n = 10_000; n < 11_300; n++) {
    yield { type: 'directory', path: `${n}` };
    for (let m = 0; m < 3; m++) {
      const size = m === 0 ? (SIZES[n - 10_000] ?? (n * 7919) % 20_000) : m;
      const path = `${n}/${m === 1 ? raw(0x31, 0xff) : `${m}\u{1f600}`}`;
      const body = new Uint8Array(size).fill(n + m);
      yield { type: 'regular', path, executable: n % 3 === 0, size, body };
    }
    yield symlink(`${n}/z`);
  }
}

function laneFile(disk: string, content = 'content'): LaneFile {
  return { path: 'p', disk, mode: 0o666, fixMode: false, fixTime: false, content: Buffer.from(content) };
}

test('a large tree, whoever writes what', async (t) => {
  const base = await tempDir(t);
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeNar(largeTree())) chunks.push(chunk);
  const nar = Buffer.concat(chunks);
  const [plain, forced, canonical] = [`${base}/plain`, `${base}/forced`, `${base}/canonical`];
  const results = await Promise.all([
    restorePath(largeTree(), plain),
    restoreTree(largeTree(), forced, {}, 0),
    restoreTree(largeTree(), canonical, { canonical: true }, 0),
  ]);
  assert.deepEqual(results[1], results[0]);
  assert.equal(results[0].entries, 1 + 1300 * 5);
  for (const path of [plain, forced, canonical]) assert.ok((await narOf(path)).equals(nar), path);
  for (const entry of largeTree()) {
    const { mode, mtimeMs } = lstatSync(bytesOf(`${canonical}/${entry.path}`));
    const executable = entry.type === 'directory' || (entry.type === 'regular' && entry.executable);
    assert.equal(mtimeMs, 1000, entry.path);
    if (entry.type !== 'symlink') assert.equal(mode & 0o7777, executable ? 0o555 : 0o444, entry.path);
  }
  nothingHidden(plain);
});

test('the lane hands over what it is given, with mode and time, also after the thread fell asleep', async (t) => {
  const base = await tempDir(t);
  const lane = new RestoreLane(0, (_, __, err) => err);
  t.after(() => lane.close());
  for (let n = 0; n < 3; n++) {
    const file = { ...laneFile(`${base}/${n}`, `${n}`), fixMode: true, fixTime: n === 1 };
    const before = lane.mark;
    assert.equal(lane.handOver(file), true);
    assert.equal(lane.reached(before), true);
    await lane.drain();
    assert.equal(lane.reached(lane.mark), true);
    assert.equal(readFileSync(`${base}/${n}`, 'utf8'), `${n}`);
    assert.equal(lstatSync(`${base}/${n}`).mode & 0o777, 0o666);
    assert.equal(lstatSync(`${base}/${n}`).mtimeMs === 1000, n === 1);
    await setTimeout(20);
  }
});

test('what is not handed over: too little for a thread, too large a file, more than the ring holds', async (t) => {
  const base = await tempDir(t);
  const lane = new RestoreLane(100_000, (_, __, err) => err);
  t.after(() => lane.close());
  const before = Array.from({ length: 20 }, (_, n) => lane.handOver(laneFile(`${base}/b${n}`)));
  assert.deepEqual(before.indexOf(true), 6); // a file counts as 16 KiB and its content
  assert.equal(lane.handOver(laneFile(`${base}/large`, 'x'.repeat(2 ** 20 + 1))), false);
  let count = 0;
  while (lane.handOver(laneFile(`${base}/c${count}`, 'x'.repeat(15_000)))) count++;
  assert.ok(count >= (4 * 2 ** 20) / 15_300 - 20, `${count}`);
  await lane.drain();
  for (let n = 0; n < count; n++) assert.equal(lstatSync(`${base}/c${n}`).size, 15_000);
  assert.equal(existsSync(`${base}/c${count}`), false);
});

test('a thread that ends before its work is an error, not a wait for ever', {
  timeout: 20_000,
}, async (t) => {
  const base = await tempDir(t);
  const lane = new RestoreLane(0, (_, __, err) => err);
  for (let n = 0; n < 100; n++) lane.handOver(laneFile(`${base}/${n}`));
  const drained = assert.rejects(lane.drain(), /the thread that writes files ended/);
  await lane.close();
  const written = readdirSync(base);
  await drained;
  await setTimeout(50);
  assert.deepEqual(readdirSync(base), written); // so that a tree can be removed
  assert.throws(() => lane.check(), /the thread that writes files ended/);
});

test('a failure of the thread is the error it would be without', { timeout: 20_000 }, async (t) => {
  const base = await tempDir(t);
  const intruded = async (threadFrom: number, last: boolean): Promise<NarError> => {
    const entries = async function* (): AsyncGenerator<NarEntry> {
      yield root;
      const temporary = readdirSync(base).find((name) => name.endsWith('.tmp'));
      writeFileSync(`${base}/${temporary}/b`, 'old');
      yield regular('a');
      yield regular('b');
      // Known while entries still come, or only when all is waited for.
      for (let n = 10_000; !last && n < 1_000_000; n++) {
        yield regular(`c${n}`);
        await setTimeout(1);
      }
    };
    const error: unknown = await restoreTree(entries(), `${base}/to`, {}, threadFrom).catch((err) => err);
    assert.ok(error instanceof NarError, String(error));
    assert.deepEqual(readdirSync(base), []);
    return error;
  };
  const expected = await intruded(Number.POSITIVE_INFINITY, true);
  assert.equal(expected.code, 'ERR_FILE_EXISTS');
  for (const last of [true, false]) {
    const { code, message, path, cause } = await intruded(0, last);
    assert.deepEqual([code, message, path], [expected.code, expected.message, `${base}/to/b`]);
    for (const part of ['code', 'errno', 'syscall'])
      assert.equal(Reflect.get(cause as Error, part), Reflect.get(expected.cause as Error, part), part);
  }
});

/** Runs a program that restores, and says what came of it. */
function run(args: string[], script: string): string {
  const { stdout, stderr } = spawnSync(
    args[0] as string,
    [...args.slice(1), '--conditions=@narkit/source', '--input-type=module', '-e', script],
    { cwd: new URL('../..', import.meta.url), encoding: 'utf8', timeout: 30_000 },
  );
  assert.equal(stderr, '');
  return stdout;
}

test('a file that cannot be written: the same error, and nothing is left', async (t) => {
  const base = await tempDir(t);
  // More than the limit that the shell sets for a file; Node ignores the signal.
  const script = (threadFrom: string): string => `
    import { restoreTree } from './src/node/restore.ts';
    const body = new Uint8Array(30_000);
    const entries = [
      { type: 'directory', path: '' },
      { type: 'regular', path: 'a', executable: false, size: 1, body: body.subarray(0, 1) },
      { type: 'regular', path: 'b', executable: false, size: 30_000, body },
    ];
    const error = await restoreTree(entries, ${JSON.stringify(`${base}/to`)}, {}, ${threadFrom}).catch((err) => err);
    console.log(error.code, error.message, error.path, error.cause?.syscall);`;
  for (const threadFrom of ['0', 'Infinity']) {
    const said = run(['/bin/sh', '-c', 'ulimit -f 8; exec "$0" "$@"', execPath], script(threadFrom));
    assert.equal(said, `ERR_FILE_IO cannot write '${base}/to/b': EFBIG ${base}/to/b write\n`);
    assert.deepEqual(readdirSync(base), []);
  }
});

test('where threads are forbidden, all is written without', async (t) => {
  const base = await tempDir(t);
  const script = `
    import { restoreTree } from './src/node/restore.ts';
    const entries = [
      { type: 'directory', path: '' },
      { type: 'regular', path: 'a', executable: false, size: 1, body: Uint8Array.of(65) },
    ];
    console.log(await restoreTree(entries, ${JSON.stringify(`${base}/to`)}, {}, 0));`;
  const allowed = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*'];
  assert.equal(run([execPath, ...allowed], script), '{ entries: 2, bytes: 1 }\n');
  assert.equal(readFileSync(`${base}/to/a`, 'utf8'), 'A');
});

test('an abort ends the thread before anything is removed', async (t) => {
  const base = await tempDir(t);
  for (const stopAt of ['10003', '11299/z']) {
    const controller = new AbortController();
    const { signal } = controller;
    const entries = function* (): Generator<NarEntry> {
      for (const entry of largeTree()) {
        if (entry.path === stopAt) controller.abort(new Error('enough'));
        yield entry;
      }
    };
    const options = { canonical: true, signal };
    await assert.rejects(restoreTree(entries(), `${base}/to`, options, 0), /enough/, stopAt);
    assert.deepEqual(readdirSync(base), []);
    await setTimeout(20);
    assert.deepEqual(readdirSync(base), []);
  }
});
