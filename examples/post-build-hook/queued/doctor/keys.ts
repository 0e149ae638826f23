/**
 * The secret keys: right, readable by the service, and by nobody else.
 */
import { stat } from 'node:fs/promises';
import { isNarkitError } from 'narkit';
import { type KeyFileProblem, parseStoreUrl, readSecretKeyFile } from 'narkit/node';
import { type PublicKey, printPublicKey, toPublicKey } from 'narkit/signature';
import type { TargetConfig } from '../../config.ts';
import { may } from './accounts.ts';
import type { Findings, Say } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** Made by systemd, of `LoadCredential=`, for the time that the service runs. */
const CREDENTIALS = '/run/credentials/';

/** Files of `secret-key-files`, and of the URL. */
export function keyFilesOf(target: TargetConfig, storeDir: string): string[] {
  try {
    return [...target.secretKeyFiles, ...parseStoreUrl(target.cacheUrl(storeDir)).cache.secretKeyFiles];
  } catch {
    // Told by the check of the configuration.
    return [...target.secretKeyFiles];
  }
}

/** Public halves by file; those that cannot be read are left out. */
export async function publicKeys(target: TargetConfig, storeDir: string): Promise<Map<string, PublicKey>> {
  const found = new Map<string, PublicKey>();
  for (const file of keyFilesOf(target, storeDir)) {
    const key = await readSecretKeyFile(file).catch(() => undefined);
    if (key !== undefined) found.set(file, toPublicKey(key));
  }
  return found;
}

export async function* keys(around: Surroundings, say: Say): Findings {
  const { config, configFile, storeDir } = around;
  const files = new Set<string>();
  for (const target of config?.targets ?? []) {
    const own = keyFilesOf(target, storeDir);
    for (const file of own) files.add(file);
    if (own.length > 0) continue;
    const what = `target ${target.name} has no secret-key-files: what Nix has not signed is ${target.allowUnsigned ? 'uploaded unsigned' : 'refused'}`;
    yield say.warning(what, `set secret-key-files of [${target.name}] in ${configFile}, or in nix.conf`);
  }
  const seen = new Map<string, { file: string; text: string }>();
  for (const file of files) {
    const key = yield* keyFile(file, around, say);
    if (key === undefined) continue;
    const text = printPublicKey(key);
    const other = seen.get(key.name);
    if (other !== undefined && other.text !== text) {
      const what = `${other.file} and ${file} are two keys with the name ${key.name}, of which consumers can trust one`;
      yield say.error(
        what,
        `make one anew: nix-store --generate-binary-cache-key OTHER-NAME ${file} ${file}.public`,
      );
    }
    seen.set(key.name, { file, text });
  }
}

async function* keyFile(
  file: string,
  { service, configFile }: Surroundings,
  say: Say,
): AsyncGenerator<ReturnType<Say['ok']>, PublicKey | undefined> {
  const ours = file.startsWith(CREDENTIALS);
  const owners = `chown ${service.name}: ${file} && chmod 600 ${file}`;
  const problems: KeyFileProblem[] = [];
  let key: PublicKey;
  try {
    key = toPublicKey(await readSecretKeyFile(file, { onProblem: (problem) => problems.push(problem) }));
  } catch (error) {
    if (!isNarkitError(error)) throw error;
    const start = 'systemctl start nix-upload-queue, which makes it, and run the doctor as root';
    const make = `correct secret-key-files in ${configFile}, or make a key: nix-store --generate-binary-cache-key NAME ${file} ${file}.public; ${owners}`;
    yield say.error(error.message, ours ? start : make);
    return undefined;
  }
  let good = true;
  if ((await may(service, ['r'], file)) === false) {
    good = false;
    yield say.error(`${service.name} cannot read the secret key ${file}`, owners);
  }
  // Those of systemd are for the service by an access list, which the mode does not show.
  const { uid, gid } = await stat(file);
  for (const { kind, message } of ours ? [] : problems) {
    if (kind === 'foreign-owner' && uid === service.uid) continue;
    if (kind === 'group-readable' && gid === service.gid) continue;
    good = false;
    yield say.error(message, owners);
  }
  if (good) yield say.ok(`secret key ${key.name} in ${file}`);
  return key;
}
