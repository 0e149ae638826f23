/**
 * Would anybody notice if something became ten times as slow? Processor time of ours against that of the
 * least that must be done for it, in turns; `npm run bench` has the real comparisons.
 */
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, it, type TestContext } from 'node:test';
import { collect } from 'narkit';
import { BinaryCache } from 'narkit/cache';
import { none } from 'narkit/codec';
import { decodeNix32, encodeNix32, parseHash } from 'narkit/hash';
import { readNar, writeNar } from 'narkit/nar';
import { fingerprint, parseNarInfo, printNarInfo, signPathInfo, validSigners } from 'narkit/narinfo';
import { dumpPath, FileStore, hashPath, restorePath } from 'narkit/node';
import { publish } from 'narkit/publish';
import { createSigner, exportSecretKey, Keyring, secretKeyFromSeed } from 'narkit/signature';
import { makeTree } from '../../bench/fixtures.ts';
import { narsOf, pathOf, textObject } from '../support/infos.ts';
import { tempDir } from '../support/temp.ts';

type Work = () => unknown;

/** Milliseconds of all threads. */
async function cpuTime(work: Work): Promise<number> {
  const started = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** @param usual what our time is of that of `least`; ten times that fails */
async function compare(t: TestContext, usual: number, ours: Work, least: Work): Promise<void> {
  const [mine, others] = [[], []] as [number[], number[]];
  for (let round = 0; round < 5; round++) {
    mine.push(await cpuTime(ours));
    others.push(await cpuTime(least));
  }
  // The least of each: what else the machine does only adds.
  const ratio = Math.min(...mine) / Math.max(Math.min(...others), 0.1);
  t.diagnostic(`${ratio.toFixed(2)} times, usually ${usual}`);
  assert.ok(ratio < 10 * usual, `${ratio.toFixed(1)} times the time of the least that must be done`);
}

/** Does it a thousand times. */
function often(work: (at: number) => unknown): Work {
  return async () => {
    for (let at = 0; at < 1000; at++) {
      const result = work(at);
      if (result instanceof Promise) await result;
    }
  };
}

const dir = await tempDir({ after });
const tree = makeTree(dir, 400);
const nar = await collect(writeNar(dumpPath(tree)));

function contents(): Buffer[] {
  const members = readdirSync(tree, { recursive: true, withFileTypes: true });
  return members
    .filter((member) => member.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
}

function sha256(chunks: Iterable<Uint8Array>): Buffer {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}

let places = 0;
const place = (): string => join(dir, `${places++}`);

it('hashing a path: reading its files and SHA-256', async (t) => {
  const least = (): unknown => sha256(contents());
  await compare(t, 3, () => hashPath(tree), least);
});

it('dumping: reading the files', async (t) => {
  const ours = async (): Promise<void> => {
    for await (const _ of writeNar(dumpPath(tree)));
  };
  await compare(t, 1.2, ours, contents);
});

it('reading a NAR and hashing its files: SHA-256 of it', async (t) => {
  const ours = async (): Promise<void> => {
    const hash = createHash('sha256');
    for await (const entry of readNar(nar))
      if (entry.type === 'regular') hash.update(await collect(entry.body));
  };
  await compare(t, 4, ours, () => sha256([nar]));
});

it('restoring: writing the files', async (t) => {
  const files = contents();
  const least = (): void => {
    const to = place();
    mkdirSync(to);
    for (const [at, content] of files.entries()) writeFileSync(join(to, `${at}`), content);
  };
  await compare(t, 1, () => restorePath(readNar(nar), place()), least);
});

it('publishing small paths to a directory: writing two files each, and renaming them', async (t) => {
  const objects = await Promise.all(
    Array.from({ length: 200 }, (_, at) => textObject(`p${at}`, `text ${at}`)),
  );
  const signers = [createSigner(secretKeyFromSeed('k-1', new Uint8Array(32)))];
  const ours = async (): Promise<void> => {
    const cache = new BinaryCache(new FileStore(place()));
    const infos = objects.map(({ info }) => info);
    await publish(cache, infos, { nar: narsOf(objects), codec: none, signers });
  };
  const least = (): void => {
    const to = place();
    mkdirSync(to);
    for (let at = 0; at < 400; at++) {
      writeFileSync(join(to, `${at}.tmp`), nar.subarray(0, 500));
      renameSync(join(to, `${at}.tmp`), join(to, `${at}`));
    }
  };
  await compare(t, 5, ours, least);
});

it('narinfos and hashes: JSON of the same; OpenSSL; base64', async (t) => {
  const references = Array.from({ length: 10 }, (_, at) => pathOf(`ref-${at}`)).sort();
  const { info } = await textObject('a', 'text', references);
  const secretKey = secretKeyFromSeed('k-1', new Uint8Array(32));
  const signer = createSigner(secretKey);
  const signed = await signPathInfo({ ...info, url: 'nar/a.nar', compression: 'none' }, [signer]);
  const [text, json] = [printNarInfo(signed), JSON.stringify(signed)];
  const parsed = parseNarInfo(text);
  const like: unknown = JSON.parse(json);
  const bare = { ...parsed, signatures: [] };
  const key = createPrivateKey(exportSecretKey(secretKey, 'pem'));
  const [publicKey, keyring] = [createPublicKey(key), new Keyring([signer.publicKey])];
  const message = Buffer.from(fingerprint(parsed));
  const sig = sign(null, message, key);
  const digest = sha256([nar]);
  const nix32 = encodeNix32(digest);
  const cases: [usual: number, ours: Work, least: Work][] = [
    [1.2, () => parseNarInfo(text), () => JSON.parse(json)],
    [0.4, () => printNarInfo(parsed), () => JSON.stringify(like)],
    [1.3, () => signPathInfo(bare, [signer]), () => sign(null, message, key)],
    [1.1, () => validSigners(parsed, keyring), () => verify(null, message, publicKey, sig)],
    [15, () => decodeNix32(encodeNix32(digest)), () => Buffer.from(digest.toString('base64'), 'base64')],
    [2, () => parseHash(`sha256:${nix32}`), () => JSON.parse(`{"sha256":"${nix32}"}`)],
  ];
  for (const [usual, ours, least] of cases) await compare(t, usual, often(ours), often(least));
});
