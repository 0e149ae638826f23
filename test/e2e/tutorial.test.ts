import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { createHandler } from 'narkit/handler';
import { createS3Client, S3Store } from 'narkit/s3';
import { MemoryStore } from 'narkit/store';
import { serve } from '../../examples/serve-cache/serve.ts';
import { startCeph } from '../services/ceph.ts';
import { isAtLeast, NixWorld, nixInstallations } from '../support/nix.ts';
import { allowEverybody } from '../support/public-bucket.ts';
import { need } from '../support/require.ts';
import { listen } from '../support/serve.ts';
import { tempDir } from '../support/temp.ts';
import { buildHook, tutorial } from './tutorial.ts';

const installations = nixInstallations();

describe('the tutorial of the Nix manual with our hook', () => {
  const dir = mkdtempSync(join(tmpdir(), 'narkit-hook-'));
  const hook = join(dir, 'upload-to-cache');
  before(() => {
    if (installations.length > 0) buildHook(hook);
  });
  after(() => rmSync(dir, { recursive: true }));

  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    it(`${nix.version}: over file://`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const cache = join(world.dir, 'cache');
      await tutorial(world, hook, {
        upload: `file://${cache}?write-nar-listing=true`,
        substituter: `file://${cache}`,
      });
      assert.equal((await readdir(cache)).filter((name) => name.endsWith('.ls')).length, 2);
    });

    it(`${nix.version}: over HTTP, through our handler both ways`, async (t) => {
      const world = await NixWorld.create(nix, await tempDir(t));
      const url = await listen(t, createHandler(new MemoryStore(), { write: true }));
      await tutorial(world, hook, { upload: `${url}?compression=gzip`, substituter: url });
    });

    it(`${nix.version}: over S3 on Ceph`, async (t) => {
      const ceph = await startCeph();
      if (!need(t, 's3', ceph !== undefined, 'Ceph RGW') || ceph === undefined) return;
      t.after(() => ceph.stop());
      const credentials = { accessKeyId: ceph.accessKeyId, secretAccessKey: ceph.secretAccessKey };
      const client = createS3Client({ endpoint: ceph.endpoint, region: 'us-east-1', credentials });
      t.after(() => client.destroy());
      const bucket = `example-nix-cache-${randomUUID()}`;
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      await allowEverybody(client, bucket, 's3:*');
      const endpoint = encodeURIComponent(ceph.endpoint);
      const s3 = `s3://${bucket}?region=us-east-1&endpoint=${endpoint}`;
      // Since 2.33 Nix reads s3:// by itself; older ones of Debian have no S3 and go through HTTP.
      const own = isAtLeast(nix, '2.33');
      const served = await serve(new S3Store({ client, bucket }));
      t.after(() => served.close());
      const world = await NixWorld.create(nix, await tempDir(t));
      await tutorial(world, hook, {
        upload: s3,
        substituter: own ? s3 : served.url,
        env: { AWS_ACCESS_KEY_ID: ceph.accessKeyId, AWS_SECRET_ACCESS_KEY: ceph.secretAccessKey },
      });
    });
  }
});
