/**
 * Digests and their text forms against `nix-hash`.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { decodeNix32, encodeNix32, HASH_SIZES, hashBytes, printDigest } from 'narkit/hash';
import { nixInstallations } from '../support/nix.ts';
import { need } from '../support/require.ts';
import { tempDir } from '../support/temp.ts';

const installations = nixInstallations();
const ALGOS = ['md5', 'sha1', 'sha256', 'sha512'] as const;

describe('hashes against nix-hash', () => {
  it('has a Nix to run with', (t) => {
    need(t, 'nix', installations.length > 0, 'Nix');
  });

  for (const nix of installations) {
    const nixHash = (...args: string[]): string[] =>
      execFileSync(join(nix.binDir, 'nix-hash'), args, { encoding: 'utf8', stdio: 'pipe' })
        .trim()
        .split('\n');

    for (const algo of ALGOS) {
      it(`${nix.version}: nix32 of 100 ${algo} digests, both ways`, () => {
        const size = HASH_SIZES[algo];
        const digests = Array.from({ length: 100 }, (_, i) => {
          const digest = new Uint8Array(randomBytes(size));
          digest.fill(i % 2 === 0 ? 0 : 255, i % size, (i % size) + (i % 7)); // runs of zeros and ones
          return digest;
        });
        const hexes = digests.map((digest) => Buffer.from(digest).toString('hex'));
        const texts = nixHash('--type', algo, '--to-base32', ...hexes);
        assert.deepEqual(digests.map(encodeNix32), texts);
        assert.deepEqual(texts.map(decodeNix32), digests);
        assert.deepEqual(nixHash('--type', algo, '--to-base16', ...digests.map(encodeNix32)), hexes);
      });

      it(`${nix.version}: the ${algo} of a file`, async (t) => {
        const path = join(await tempDir(t), 'file');
        const content = randomBytes(10_000);
        await writeFile(path, content);
        const hash = hashBytes(algo, content);
        assert.equal(printDigest(hash, 'base16'), nixHash('--flat', '--type', algo, path)[0]);
        assert.equal(printDigest(hash, 'nix32'), nixHash('--flat', '--base32', '--type', algo, path)[0]);
      });
    }

    it(`${nix.version}: what is not canonical is refused there as here`, () => {
      for (const [algo, text] of [
        ['sha256', '2mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73'],
        ['md5', '8y8bwfr609h3lh9ch0izcqq7fl'],
        ['sha256', 'emdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73'],
        ['sha256', '0MDQA9W1P6CMLI6976V4WI0SW9R4P5PRKJ7LZFD1877WK11C9C73'],
      ] as const) {
        assert.throws(() => nixHash('--type', algo, '--to-base16', text), text);
        assert.throws(() => decodeNix32(text), text);
      }
    });
  }
});
