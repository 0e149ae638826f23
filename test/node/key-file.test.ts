import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type KeyFileProblem, readPublicKeyFile, readSecretKeyFile, writeKeyFiles } from 'narkit/node';
import { parsePublicKey, parseSecretKey, printSecretKey } from 'narkit/signature';
import { keyFileProblems } from '../../src/node/key-file-problems.ts';
import { PUBLIC, SECRET } from '../narinfo/vectors.ts';
import { tempDir } from '../support/temp.ts';

const notKey = { name: 'ParseError', code: 'ERR_PARSE_KEY' } as const;
const io = { name: 'NarError', code: 'ERR_FILE_IO' } as const;

async function problems(path: string): Promise<KeyFileProblem[]> {
  const found: KeyFileProblem[] = [];
  const key = await readSecretKeyFile(path, { onProblem: (problem) => void found.push(problem) });
  assert.equal(printSecretKey(key), SECRET);
  return found;
}

test('modes: whoever else can read or write is reported, and the key is read', async (t) => {
  const path = join(await tempDir(t), 'key');
  writeFileSync(path, SECRET);
  for (const [mode, kinds] of [
    [0o600, []],
    [0o400, []],
    [0o700, []],
    [0o640, ['group-readable']],
    [0o604, ['world-readable']],
    [0o644, ['group-readable', 'world-readable']],
    [0o620, ['group-writable']],
    [0o602, ['world-writable']],
    [0o666, ['group-readable', 'world-readable', 'group-writable', 'world-writable']],
  ] as const) {
    chmodSync(path, mode);
    const found = await problems(path);
    assert.deepEqual(
      found.map(({ kind }) => kind),
      kinds,
      mode.toString(8),
    );
    for (const { path: about, message } of found) {
      assert.equal(about, path);
      assert.ok(message.includes(path) && message.includes(`0${mode.toString(8)}`), message);
    }
  }
  assert.equal(printSecretKey(await readSecretKeyFile(path)), SECRET);
});

test('what the listener throws refuses the key', async (t) => {
  const path = join(await tempDir(t), 'key');
  writeFileSync(path, SECRET);
  chmodSync(path, 0o644);
  const refusal = new Error('no');
  const onProblem = (): never => {
    throw refusal;
  };
  await assert.rejects(readSecretKeyFile(path, { onProblem }), refusal);
});

test('ownership: a file of a user that is neither root nor we', async (t) => {
  if (process.geteuid?.() !== 0) return t.skip('only root can give files away');
  const path = join(await tempDir(t), 'key');
  writeFileSync(path, SECRET, { mode: 0o600 });
  chownSync(path, 12_345, 12_345);
  const found = await problems(path);
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['foreign-owner'],
  );
  assert.match(found[0]?.message ?? '', /12345/);
});

test("ownership: root's files and one's own are nobody's surprise", async (t) => {
  const path = join(await tempDir(t), 'key');
  writeFileSync(path, SECRET, { mode: 0o600 });
  for (const [uid, user, kinds] of [
    [0, 1000, []],
    [1000, 1000, []],
    [1001, 1000, ['foreign-owner']],
    [1000, 0, ['foreign-owner']],
  ] as const) {
    const stats = Object.assign(statSync(path), { uid });
    assert.deepEqual(
      keyFileProblems(path, stats, user).map(({ kind }) => kind),
      kinds,
    );
  }
});

test('a link: the file behind it counts, not the mode of the link', async (t) => {
  const dir = await tempDir(t);
  writeFileSync(join(dir, 'key'), SECRET, { mode: 0o600 });
  symlinkSync('key', join(dir, 'link'));
  assert.deepEqual(await problems(join(dir, 'link')), []);
  chmodSync(join(dir, 'key'), 0o604);
  assert.deepEqual(
    (await problems(join(dir, 'link'))).map(({ kind }) => kind),
    ['world-readable'],
  );
  symlinkSync('nowhere', join(dir, 'dangling'));
  await assert.rejects(readSecretKeyFile(join(dir, 'dangling')), io);
});

test('a pipe, as a shell makes it for <(...)', async (t) => {
  const path = join(await tempDir(t), 'pipe');
  execFileSync('mkfifo', ['-m', '644', path]);
  const reading = problems(path);
  execFileSync('sh', ['-c', 'printf %s "$0" > "$1"', SECRET, path]);
  assert.deepEqual(await reading, []);
});

test('what is no key file', async (t) => {
  const dir = await tempDir(t);
  const path = join(dir, 'key');
  await assert.rejects(readSecretKeyFile(path), { ...io, path, message: /ENOENT/ });
  mkdirSync(join(dir, 'directory'));
  await assert.rejects(readSecretKeyFile(join(dir, 'directory')), { ...io, message: /EISDIR/ });
  for (const [content, message] of [
    ['', /is empty/],
    [' \n', /is empty/],
    [Buffer.from([0x6b, 0x3a, 0xff, 0xfe]), /not UTF-8/],
    [Buffer.alloc(1_000_000, SECRET), /larger than 65536/],
    [`${SECRET}${' '.repeat(65_537 - SECRET.length)}`, /larger than 65536/],
    ['no colon', /no colon/],
    [PUBLIC, /public key/],
  ] as const) {
    writeFileSync(path, content);
    const told: KeyFileProblem[] = [];
    const onProblem = (problem: KeyFileProblem): void => void told.push(problem);
    await assert.rejects(readSecretKeyFile(path, { onProblem }), { ...notKey, field: path, message });
    assert.deepEqual(told, [], 'a file that is no key has no problem of a key');
  }
  writeFileSync(path, `${SECRET}${' '.repeat(65_536 - SECRET.length)}`);
  assert.equal(printSecretKey(await readSecretKeyFile(path)), SECRET);
  await assert.rejects(readSecretKeyFile('/dev/zero'), { ...notKey, message: /larger than/ });
});

test('no message has the key in it', async (t) => {
  const path = join(await tempDir(t), 'key');
  writeFileSync(path, SECRET.replace('vector-1:', ''));
  await assert.rejects(readSecretKeyFile(path), (err) => !String(err).includes(SECRET.slice(12, 24)));
});

test('a misspelt option is refused', async () => {
  await assert.rejects(readSecretKeyFile('x', { onProblems: () => {} } as object), TypeError);
});

test('writing: the pair, its modes, nothing overwritten, nothing left behind', async (t) => {
  const dir = await tempDir(t);
  const [secretPath, publicPath] = [join(dir, 'secret'), join(dir, 'public')];
  const key = parseSecretKey(SECRET);
  const umask = process.umask(0o077);
  t.after(() => process.umask(umask));
  await writeKeyFiles(key, secretPath, publicPath);
  assert.equal(readFileSync(secretPath, 'utf8'), SECRET);
  assert.equal(readFileSync(publicPath, 'utf8'), PUBLIC);
  assert.equal(statSync(secretPath).mode & 0o777, 0o600);
  assert.equal(statSync(publicPath).mode & 0o777, 0o644);
  assert.deepEqual(await problems(secretPath), []);
  assert.deepEqual(await readPublicKeyFile(publicPath), parsePublicKey(PUBLIC));
  const exists = { name: 'NarError', code: 'ERR_FILE_EXISTS' } as const;
  await assert.rejects(writeKeyFiles(key, secretPath, join(dir, 'other')), exists);
  await assert.rejects(writeKeyFiles(key, join(dir, 'other'), publicPath), exists);
  await assert.rejects(writeKeyFiles(key, join(dir, 'no/such'), publicPath), io);
  assert.deepEqual(readdirSync(dir).sort(), ['public', 'secret']);
});
