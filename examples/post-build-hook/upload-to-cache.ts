/**
 * A post-build hook for Nix: signs what was just built, with its whole closure, and uploads it to a
 * binary cache. See README.md beside this file.
 *
 * Like the hook of the Nix manual it runs inside the build loop: when the upload fails, so does the
 * build command.
 */
import { argv, env, exit, stderr } from 'node:process';
import { isNarkitError } from 'narkit';
import { localNar, NixCommand, openCache, readSecretKeyFile } from 'narkit/node';
import { publish } from 'narkit/publish';
import { createSigner } from 'narkit/signature';
import { readConfig } from './config.ts';
import { builtPaths, storeDirOf } from './environment.ts';
import { Report } from './report.ts';

async function main(): Promise<void> {
  const config = await readConfig(argv);
  const storeDir = storeDirOf(env);
  const nix = new NixCommand({
    storeDir,
    ...(config.nixBinDir === undefined ? {} : { binDir: config.nixBinDir }),
  });
  const paths = await builtPaths(env, nix);
  if (paths.length === 0) return;

  const { cache, publishing } = await openCache(config.cacheUrl(storeDir));
  const signers = [...publishing.signers];
  for (const file of config.secretKeyFiles) signers.push(createSigner(await readSecretKeyFile(file)));

  const report = new Report((line) => stderr.write(`${line}\n`));
  const infos = await nix.closure(paths);
  const receipts = await publish(cache, infos, {
    ...publishing,
    signers,
    allowUnsigned: config.allowUnsigned,
    nar: localNar({ realStoreDir: storeDir }),
    onEvent: (event) => report.event(event),
  });
  report.finish(receipts, cache.store.name);
}

main().catch((error: unknown) => {
  // A known failure needs no stack trace: its message says what, where and what to do.
  const text =
    isNarkitError(error) || error instanceof TypeError ? error.message : String((error as Error).stack);
  stderr.write(`upload-to-cache: ${text}\n`);
  exit(1);
});
