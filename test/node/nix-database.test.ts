/** The reader of Nix's database, with what real ones rarely show: locks, rights, damage. */
import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, open, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NixDatabase, type NixDatabaseOptions } from 'narkit/node';
import { hashPart, type StorePath } from 'narkit/store-path';
import { pathOf } from '../support/infos.ts';
import { tempDir } from '../support/temp.ts';
import { DatabaseFile } from './nix-database-file.ts';

const [a, b, c] = [pathOf('a'), pathOf('b'), pathOf('c')] as [StorePath, StorePath, StorePath];

async function opened(t: TestContext, options: NixDatabaseOptions): Promise<NixDatabase> {
  const database = await NixDatabase.open(options);
  t.after(() => database.close());
  return database;
}

/** Work by somebody who has no rights but those of everybody; root has all, whatever the modes say. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    if (root) process.seteuid?.(0);
  }
}

/** A directory below which everybody may read. */
async function publicDir(t: TestContext): Promise<string> {
  const dir = await tempDir(t);
  await chmod(dir, 0o755);
  return dir;
}

test('what NULL and what odd texts stand for', async (t) => {
  const file = await DatabaseFile.create(await tempDir(t));
  file.add(a, [a], { narSize: null, deriver: null, sigs: null, ca: null });
  const drv = pathOf('x.drv');
  const sig = (name: string): string => `${name}:${Buffer.alloc(64, 7).toString('base64')}`;
  file.add(b, [b, a], {
    deriver: `/nix/store/${drv}`,
    sigs: ` ${sig('b')}  ${sig('a')} ${sig('b')}`,
    ca: `fixed:r:sha256:${'0'.repeat(52)}`,
  });
  file.add(c, [], { deriver: '', sigs: '', ca: '' });
  const database = await opened(t, { stateDir: file.stateDir });
  assert.deepEqual(await database.queryPathInfo(a), {
    storePath: a,
    narHash: { algo: 'sha256', digest: new Uint8Array(32) },
    narSize: 0,
    references: [a],
    signatures: [],
  });
  const info = await database.queryPathInfo(b);
  assert.deepEqual(info?.references, [a, b].sort());
  assert.deepEqual(
    info?.signatures.map(({ keyName }) => keyName),
    ['a', 'b'],
  );
  assert.equal(info?.deriver, drv);
  assert.equal(info?.ca?.method, 'nar');
  assert.deepEqual(Object.keys((await database.queryPathInfo(c)) ?? {}).sort(), [
    'narHash',
    'narSize',
    'references',
    'signatures',
    'storePath',
  ]);
  assert.deepEqual(await database.queryReferrers(a), [a, b].sort());
  assert.deepEqual(await database.queryAllValidPaths(), [a, b, c].sort());
  assert.equal(await database.queryPathFromHashPart(hashPart(b)), b);
  assert.equal(await database.queryPathFromHashPart('0'.repeat(32)), undefined);
  await assert.rejects(database.queryPathFromHashPart('%'), TypeError);
  assert.deepEqual([...(await database.pathInfos([drv, a, a])).keys()], [drv, a]);
  assert.deepEqual(await database.closure([]), []);
});

test('references are in the order of paths, whenever they came', async (t) => {
  const file = await DatabaseFile.create(await tempDir(t));
  const sorted = Array.from({ length: 5 }, (_, i) => pathOf(`r${i}`)).sort();
  for (const path of sorted.toReversed()) file.add(path);
  file.add(a, sorted);
  const database = await opened(t, { stateDir: file.stateDir });
  assert.deepEqual((await database.queryPathInfo(a))?.references, sorted);
});

test('derivations: outputs, sorted', async (t) => {
  const file = await DatabaseFile.create(await tempDir(t));
  const drv = pathOf('x.drv');
  file.add(drv);
  for (const [name, path] of [
    ['out', pathOf('x')],
    ['doc', pathOf('x-doc')],
    ['bin', pathOf('x-bin')],
  ] as const)
    file.db.prepare('insert into DerivationOutputs values (1, ?, ?)').run(name, `/nix/store/${path}`);
  const database = await opened(t, { stateDir: file.stateDir });
  assert.deepEqual(await database.outputs(drv), [pathOf('x'), pathOf('x-doc'), pathOf('x-bin')].sort());
  await assert.rejects(database.outputs(a), { code: 'ERR_MISSING_PATH', subject: `/nix/store/${a}` });
});

test('a chain that is deeper than stacks are', async (t) => {
  const file = await DatabaseFile.create(await tempDir(t));
  const paths = Array.from({ length: 3000 }, (_, i) => pathOf(`p${i}`));
  file.db.exec('begin');
  for (const [i, path] of paths.entries()) file.add(path, i === 0 ? [] : [paths[i - 1] as StorePath, path]);
  file.db.exec('commit');
  const database = await opened(t, { stateDir: file.stateDir });
  const infos = await database.closure([paths.at(-1) as StorePath]);
  assert.deepEqual(
    infos.map(({ storePath }) => storePath),
    paths,
  );
});

for (const journal of ['wal', 'truncate'] as const) {
  test(`${journal}: sees what is written, once it is committed, and leaves the writer alone`, async (t) => {
    const file = await DatabaseFile.create(await tempDir(t), journal);
    file.add(a);
    const database = await opened(t, { stateDir: file.stateDir });
    assert.equal(await database.isValidPath(b), false);
    file.db.exec('begin immediate');
    file.add(b, [a]);
    assert.equal(await database.isValidPath(b), false);
    file.db.exec('commit');
    assert.equal(await database.isValidPath(b), true);
    file.db.exec('pragma wal_checkpoint(truncate)');
    file.db.close();
    assert.deepEqual(
      (await database.closure([b])).map(({ storePath }) => storePath),
      [a, b],
    );
  });
}

test('a directory that is not writable: read without a trace, and again when Nix has written', async (t) => {
  const stateDir = await publicDir(t);
  // Characters that mean something in URLs.
  const file = await DatabaseFile.create(join(stateDir, 'a %41?immutable=0#'));
  file.add(a);
  file.db.close();
  const db = dirname(file.file);
  await chmod(db, 0o555);
  const database = await asNobody(async () => {
    const database = await opened(t, { stateDir: file.stateDir });
    const answers = await Promise.all([database.isValidPath(a), database.isValidPath(b)]);
    assert.deepEqual(answers, [true, false]);
    return database;
  });
  assert.deepEqual((await readdir(db)).sort(), ['db.sqlite', 'schema']);
  await chmod(db, 0o755);
  // A Nix that comes and goes, and then one that stays.
  const first = await DatabaseFile.create(file.stateDir);
  first.add(b, [a]);
  first.db.close();
  await chmod(db, 0o555);
  await asNobody(async () => assert.equal(await database.isValidPath(b), true));
  await chmod(db, 0o755);
  const second = await DatabaseFile.create(file.stateDir);
  second.add(c, [b]);
  await chmod(db, 0o555);
  await asNobody(async () => {
    assert.deepEqual(
      (await database.closure([c])).map(({ storePath }) => storePath),
      [a, b, c],
    );
    second.add(pathOf('d'));
    assert.equal(await database.isValidPath(pathOf('d')), true);
  });
  second.db.close();
});

test('a directory that is not writable with unfinished business of a writer: refused', async (t) => {
  const dir = await publicDir(t);
  const file = await DatabaseFile.create(join(dir, 'live'));
  file.add(a);
  await mkdir(join(dir, 'copy/db'), { recursive: true });
  for (const name of ['schema', 'db.sqlite', 'db.sqlite-wal'])
    await copyFile(join(dir, 'live/db', name), join(dir, 'copy/db', name));
  await chmod(join(dir, 'copy/db'), 0o555);
  await asNobody(async () => {
    await assert.rejects(NixDatabase.open({ stateDir: join(dir, 'copy') }), {
      code: 'ERR_NIX_DATABASE',
      message: /-wal/,
    });
  });
});

test('a lock: waited for, up to a limit, and until the signal', async (t) => {
  const file = await DatabaseFile.create(await tempDir(t), 'truncate');
  file.add(a);
  const database = await opened(t, { stateDir: file.stateDir, busyTimeoutMs: 100 });
  const patient = await opened(t, { stateDir: file.stateDir });
  file.db.exec('begin exclusive');
  await assert.rejects(database.isValidPath(a), { code: 'ERR_NIX_DATABASE_BUSY', message: /100 ms/ });
  await assert.rejects(NixDatabase.open({ stateDir: file.stateDir, busyTimeoutMs: 0 }), {
    code: 'ERR_NIX_DATABASE_BUSY',
  });
  await assert.rejects(patient.isValidPath(a, { signal: AbortSignal.timeout(50) }), {
    name: 'TimeoutError',
  });
  const answer = patient.isValidPath(a);
  await sleep(60);
  file.db.exec('rollback');
  assert.equal(await answer, true);
  assert.equal(await database.isValidPath(a), true);
});

test('damage', async (t) => {
  const dir = await tempDir(t);
  const damaged = { code: 'ERR_NIX_DATABASE', message: /damaged.*nix-store --verify/ };
  const file = await DatabaseFile.create(join(dir, 'rows'));
  file.add(a, [], { hash: 'sha256:zz' });
  file.add(b, [a], { narSize: -1 });
  file.add(c);
  file.db.exec(`update ValidPaths set narSize = 1 << 60 where path like '%-c'`);
  const database = await opened(t, { stateDir: file.stateDir });
  for (const path of [a, b, c]) await assert.rejects(database.queryPathInfo(path), damaged);
  await assert.rejects(database.closure([b]), damaged);
  assert.equal(await database.isValidPath(a), true);

  await writeFile(file.file, 'this is no database at all, whatever its name says'.repeat(100));
  await rm(`${file.file}-wal`);
  await assert.rejects(NixDatabase.open({ stateDir: file.stateDir }), damaged);

  const torn = await DatabaseFile.create(join(dir, 'torn'));
  torn.db.exec('begin');
  for (let i = 0; i < 500; i++) torn.add(pathOf(`p${i}`));
  torn.db.exec('commit');
  torn.db.close();
  const handle = await open(torn.file, 'r+');
  for (let page = 8; page < 30; page++) await handle.write(Buffer.alloc(4096, 0xee), 0, 4096, page * 4096);
  await handle.close();
  const all = NixDatabase.open({ stateDir: torn.stateDir }).then((some) => some.queryAllValidPaths());
  await assert.rejects(all, damaged);
});

test('not there, of another schema, or of another store', async (t) => {
  const dir = await tempDir(t);
  await assert.rejects(NixDatabase.open({ root: dir }), {
    code: 'ERR_NIX_DATABASE',
    message: /no Nix database/,
  });
  const file = await DatabaseFile.create(join(dir, 'nix/var/nix'));
  file.add(a);
  assert.equal(await (await opened(t, { root: dir })).isValidPath(a), true);
  await assert.rejects(NixDatabase.open({ root: dir, storeDir: '/other/store' }), {
    code: 'ERR_STORE_DIR',
    message: /\/nix\/store/,
  });
  await writeFile(join(file.stateDir, 'db/schema'), '11');
  await assert.rejects(NixDatabase.open({ root: dir }), {
    code: 'ERR_UNSUPPORTED',
    message: /schema "11".*NixDaemon/,
  });
  await writeFile(join(file.stateDir, 'db/schema'), '10\n');
  await opened(t, { root: dir });
  file.db.exec('drop table Refs');
  await assert.rejects(NixDatabase.open({ root: dir }), { code: 'ERR_UNSUPPORTED', message: /Refs/ });
});

test('wrong use', async (t) => {
  const file = await DatabaseFile.create(await tempDir(t));
  const { stateDir } = file;
  await assert.rejects(NixDatabase.open({ stateDir, root: '/' }), TypeError);
  await assert.rejects(
    NixDatabase.open({ statedir: stateDir } as NixDatabaseOptions),
    /did you mean 'stateDir'/,
  );
  await assert.rejects(NixDatabase.open({ stateDir, busyTimeoutMs: -1 }), RangeError);
  await assert.rejects(
    NixDatabase.open({ stateDir, signal: AbortSignal.abort(new Error('enough')) }),
    /enough/,
  );
  const database = await NixDatabase.open({ stateDir });
  await assert.rejects(database.isValidPath(a, { sginal: 1 } as object), TypeError);
  database[Symbol.dispose]();
  await assert.rejects(database.isValidPath(a), { name: 'TypeError', message: /closed/ });
});
