/** Real Nix reads by the URL that we wrote by. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openStore } from '../../src/node/open-store.ts';
import { isAtLeast, nixInstallations } from '../support/nix.ts';
import { allowEverybody } from '../support/public-bucket.ts';
import { need } from '../support/require.ts';
import { s3 } from './setup.ts';

const run = promisify(execFile);

s3('one URL, prefix and parameters included, serves us and Nix', async ({ server, client, bucket }, t) => {
  // Since this version the S3 store can send unsigned requests.
  const nix = nixInstallations().find((installation) => isAtLeast(installation, '2.33'));
  if (!need(t, 'nix', nix !== undefined, 'Nix 2.33 or newer (NARKIT_NIX_BINS)')) return;
  assert.ok(nix);
  const home = await mkdtemp(join(tmpdir(), 'narkit-s3-nix-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  // This Nix may lack request signing, so everybody may read.
  await allowEverybody(client, bucket, ['s3:GetObject', 's3:ListBucket']);

  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  process.env.AWS_ACCESS_KEY_ID = server.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = server.secretAccessKey;
  const host = new URL(server.endpoint).host;
  const url = `s3://${bucket}/a%20b/c+d?endpoint=${host}&scheme=http&region=us-east-1&addressing-style=path&buffer-size=10M&priority=30`;
  const store = await openStore(url);
  const hash = '0123456789abcdfghijklmnpqrsvwxyz';
  const path = `/nix/store/${hash}-thing`;
  const put = (key: string, text: string) => store.put(key, new TextEncoder().encode(text));
  await put('nix-cache-info', 'StoreDir: /nix/store\n');
  await put(
    `${hash}.narinfo`,
    `StorePath: ${path}\nURL: nar/x.nar\nCompression: none\nNarHash: sha256:${'0'.repeat(52)}\nNarSize: 4711\nReferences: \n`,
  );
  const { stdout } = await run(
    join(nix.binDir, 'nix'),
    ['--extra-experimental-features', 'nix-command', 'path-info', '--size', '--store', url, path],
    { env: { PATH: before.PATH, HOME: home, NIX_CONF_DIR: home }, timeout: 30_000 },
  );
  assert.match(stdout, new RegExp(`^${path}\\s+4711\\s*$`));
});
