/**
 * A target: does it answer, is it a cache for our store, may we write, read and delete, and is its clock ours.
 */
import { randomBytes } from 'node:crypto';
import { geteuid } from 'node:process';
import { isNarkitError } from 'narkit';
import { CACHE_INFO_KEY, parseCacheInfo } from 'narkit/cache';
import { openStore, parseStoreUrl, type StoreUrl } from 'narkit/node';
import type { WritableStore } from 'narkit/store';
import type { TargetConfig } from '../../config.ts';
import { Clock } from './clock.ts';
import type { Finding, Findings, Say } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** For removing the test object after the time of the check is over. */
const CLEAN_UP_MS = 3000;

export async function* target(
  one: TargetConfig,
  around: Surroundings,
  say: Say,
  signal: AbortSignal,
): Findings {
  const { storeDir, configFile, service } = around;
  const url = patient(parse(one.cacheUrl(storeDir)));
  // Told by the check of the configuration.
  if (url === undefined) return;
  const clock = new Clock(around.now);
  const store = await openStore(url, { fetch: clock.fetch });
  if (url.scheme === 's3') {
    await clock.askS3(url, signal);
    if (geteuid?.() !== service.uid)
      yield say.warning(
        `S3 is tried with the credentials of this user, and ${service.name} may have others`,
        `systemd-run --pipe --wait --collect -p User=${service.name} -p EnvironmentFile=/etc/nix/s3-credentials /etc/nix/upload-queue --config ${configFile} doctor`,
      );
  }
  try {
    yield* description(store, storeDir, say, signal);
    yield* roundTrip(store, say, signal);
  } catch (error) {
    yield failure(`${store.name} does not do`, error, signal, say);
  }
  yield* clock.findings(url.scheme, configFile, say);
}

/** Where the doctor asks, one answer is enough. */
function patient(url: StoreUrl | undefined): StoreUrl | undefined {
  if (url?.scheme !== 'http' && url?.scheme !== 'https') return url;
  return { ...url, store: { ...url.store, retryAttempts: 1 } };
}

function parse(text: string): StoreUrl | undefined {
  try {
    return parseStoreUrl(text);
  } catch {
    return undefined;
  }
}

async function* description(store: WritableStore, storeDir: string, say: Say, signal: AbortSignal): Findings {
  let text: string | undefined;
  try {
    text = await read(store, CACHE_INFO_KEY, signal);
  } catch (error) {
    yield failure(`${store.name}: ${CACHE_INFO_KEY} cannot be read`, error, signal, say);
    return;
  }
  if (text === undefined) {
    yield say.ok(
      `${store.name} has no ${CACHE_INFO_KEY} yet, or does not show it: the first upload writes it`,
    );
    return;
  }
  const theirs = parseCacheInfo(text).storeDir;
  if (theirs === undefined || theirs === storeDir) yield say.ok(`${store.name} is a cache for ${storeDir}`);
  else
    yield say.error(
      `${store.name} is a cache for the store ${theirs}, and this one is ${storeDir}: uploads are refused`,
      'choose another cache, or another prefix in it',
    );
}

/** Each right is tried, also after another one was refused. */
async function* roundTrip(store: WritableStore, say: Say, signal: AbortSignal): Findings {
  const key = `narkit-doctor/${randomBytes(16).toString('hex')}`;
  const text = `written by upload-queue doctor, may be removed: ${key}\n`;
  let left = true;
  try {
    const bytes = new TextEncoder().encode(text);
    try {
      await store.put(key, bytes, { size: bytes.length, contentType: 'text/plain', signal });
    } catch (error) {
      yield failure(`${store.name}: ${key} cannot be written (put)`, error, signal, say);
      return;
    }
    let good = true;
    try {
      const back = await read(store, key, signal);
      if (back !== text) {
        good = false;
        const what =
          back === undefined
            ? 'cannot be read again: absent, or reading is denied'
            : 'comes back with other content';
        yield say.error(
          `${store.name}: ${key} was written and ${what} (get)`,
          'let the account read too (s3:GetObject), and look for a proxy or cache in between',
        );
      }
    } catch (error) {
      good = false;
      yield failure(`${store.name}: ${key} was written and cannot be read (get)`, error, signal, say);
    }
    left = false;
    try {
      await store.delete(key, { signal: cleanUp() });
      if (good) yield say.ok(`${store.name}: a test object was written, read back and deleted`);
    } catch (error) {
      // Uploads delete nothing, so this is a blemish.
      const { message } = error as Error;
      yield say.warning(
        `${store.name}: the test object ${key} cannot be deleted: ${message}`,
        `remove ${key} by hand, or ignore it; uploads need no such right`,
      );
    }
  } finally {
    // After a put that failed, too: it may have arrived, and the answer not.
    if (left) await store.delete(key, { signal: cleanUp() }).catch(() => {});
  }
}

function cleanUp(): AbortSignal {
  return AbortSignal.timeout(CLEAN_UP_MS);
}

async function read(store: WritableStore, key: string, signal: AbortSignal): Promise<string | undefined> {
  const object = await store.get(key, { signal });
  return object === undefined ? undefined : await new Response(object.body).text();
}

function failure(what: string, error: unknown, signal: AbortSignal, say: Say): Finding {
  if (signal.aborted)
    return say.error(
      `${what}: no answer in time`,
      'is the network up? is there a proxy or firewall in between? curl -v the URL',
    );
  if (!isNarkitError(error)) throw error;
  const fixes: Partial<Record<typeof error.code, string>> = {
    ERR_STORE_DENIED:
      'check the credentials of the service and what they are allowed to (s3:GetObject, s3:PutObject, s3:ListBucket; a server must take PUT)',
    ERR_STORE_UNAVAILABLE: 'is the network up, and the server? what is queued waits meanwhile',
    ERR_MISSING_CONTAINER: 'make the bucket or directory first, or correct the name of it',
  };
  const denied = error.code === 'ERR_STORE_DENIED' ? 'AccessDenied: ' : '';
  return say.error(
    `${what}: ${denied}${error.message}`,
    fixes[error.code] ?? "do as it says, and correct 'cache' of the target if need be",
  );
}
