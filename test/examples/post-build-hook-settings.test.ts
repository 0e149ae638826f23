/** The language of the hook's and the service's configuration. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { generateSecretKey, printPublicKey, printSecretKey, toPublicKey } from 'narkit/signature';
import { type Config, readConfig } from '../../examples/post-build-hook/config.ts';
import { parseSettings } from '../../examples/post-build-hook/settings.ts';
import { tempDir } from '../support/temp.ts';

const key = generateSecretKey('upstream-1');
const publicKey = printPublicKey(toPublicKey(key));

async function read(t: { after(work: () => void): void }, text: string | Uint8Array): Promise<Config> {
  const file = join(await tempDir(t), 'hook.conf');
  await writeFile(file, text);
  return await readConfig(file);
}

describe('settings', () => {
  it('without a section there is one target, and every default', async (t) => {
    const text =
      '# where to\ncache = s3://bb?region=r  # a bucket\nsecret-key-files = /k1  /k2\ncompression = xz\n\n';
    const { targets, ...rest } = await read(t, text);
    const [{ cacheUrl, ...target } = assert.fail(), ...others] = targets;
    assert.deepEqual(others, []);
    assert.equal(cacheUrl('/nix/store'), 's3://bb?region=r&compression=xz&store=%2Fnix%2Fstore');
    assert.deepEqual(target, {
      name: 'cache',
      secretKeyFiles: ['/k1', '/k2'],
      allowUnsigned: false,
      concurrency: undefined,
      filters: {
        includeNames: [],
        excludeNames: [],
        maxNarSize: undefined,
        skipSignedBy: [],
        upstreams: [],
        outputs: [],
      },
      uploadDerivation: false,
      buildClosure: false,
      uploadLog: false,
    });
    assert.deepEqual(rest, {
      nixBinDir: undefined,
      storeDir: undefined,
      timeoutMs: undefined,
      onError: 'fail',
      queue: {
        queueDir: '/var/spool/nix-upload',
        gcRootsDir: '/nix/var/nix/gcroots/nix-upload',
        batch: 64,
        maxAttempts: 8,
        retryMinMs: 5000,
        retryMaxMs: 600_000,
        listen: undefined,
        logFormat: 'text',
        stopTimeoutMs: 30_000,
      },
    });
  });

  it('sections take what is before them, and say otherwise', async (t) => {
    const { targets, queue, timeoutMs } = await read(
      t,
      `\ufeffexclude-names = *-src *.drv
upload-log = true
max-nar-size = 2G
cache = file:///one
batch = 7
timeout = 1.5min
listen = [::1]:9180
retry-min = 1s
retry-max = 1h
queue-dir = /q/
[first]\r
[ 2nd ] # offsite
cache = https://me:pw@cache.example.org
exclude-names =
outputs = out lib
upstream = https://cache.nixos.org https://other.example.org
skip-signed-by = substituters ${publicKey}
upload-log = false
concurrency = 3
`,
    );
    const [first = assert.fail(), second = assert.fail()] = targets;
    assert.deepEqual([first.name, second.name], ['first', '2nd']);
    assert.deepEqual(first.filters.excludeNames, ['*-src', '*.drv']);
    assert.equal(first.filters.maxNarSize, 2 ** 31);
    assert.deepEqual([first.uploadLog, second.uploadLog], [true, false]);
    assert.equal(first.cacheUrl('/s'), 'file:///one?store=%2Fs');
    assert.equal(second.cacheUrl('/s'), 'https://me:pw@cache.example.org?store=%2Fs');
    assert.deepEqual(second.filters.excludeNames, [], 'set to nothing is not set');
    assert.deepEqual(second.filters.outputs, ['out', 'lib']);
    assert.equal(second.filters.upstreams.length, 2);
    assert.deepEqual(second.filters.skipSignedBy[0], 'substituters');
    assert.equal(second.filters.skipSignedBy.length, 2);
    assert.equal(second.concurrency, 3);
    assert.equal(timeoutMs, 90_000);
    assert.deepEqual(queue.listen, { host: '::1', port: 9180 });
    assert.deepEqual([queue.batch, queue.queueDir], [7, '/q']);
    assert.deepEqual([queue.retryMinMs, queue.retryMaxMs], [1000, 3_600_000]);
  });

  it('leave what the URL says', async (t) => {
    const { targets } = await read(
      t,
      'cache = file:///c?compression=gzip&store=/gnu/store\ncompression = xz\n',
    );
    assert.equal(targets[0]?.cacheUrl('/nix/store'), 'file:///c?compression=gzip&store=/gnu/store');
  });

  const secret = printSecretKey(key);
  const bad: readonly (readonly [string, string, RegExp])[] = [
    [
      'a slip',
      'cache = file:///c\ncahce = https://me:hunter2@x\n',
      /line 2: unknown setting 'cahce' \(did you mean 'cache'\?\)/,
    ],
    [
      'nothing like it',
      'wibblewobble = hunter2\n',
      /line 1: unknown setting 'wibblewobble'; there are cache, /,
    ],
    ['no equals sign', 'cache https://me:hunter2@x\n', /line 1: expected 'name = value'/],
    ['a URL alone, with a parameter', 's3://hunter2@bb?region=r\n', /line 1: expected 'name = value'$/],
    ['an object of old', '__proto__ = hunter2\n', /line 1: unknown setting '__proto__'/],
    ['no name', '= hunter2\n', /line 1: expected 'name = value'$/],
    ['twice', 'cache = file:///c\ncache = file:///hunter2\n', /line 2: 'cache' is set already in .*line 1$/],
    ['a section twice', 'cache = file:///c\n[a]\n[a]\n', /line 3: there is a section \[a\] already/],
    ['a section of no name', '[]\n', /line 1: a section is/],
    ['a section that would be another directory', '[../x]\n', /line 1: a section is/],
    ['a section in capitals', '[A]\n', /line 1: a section is/],
    ['a section that is not closed', '[a\n', /line 1: a section is/],
    ['a section of a very long name', `[${'a'.repeat(64)}]\n`, /line 1: a section is/],
    [
      'what is not of a target',
      'cache = file:///c\n[a]\nbatch = 3\n',
      /line 3: 'batch' is not of a single target/,
    ],
    ['no cache', '\n# nothing\n', /no cache to upload to: set 'cache = URL' in .*hook\.conf/],
    [
      'no cache in a section',
      '[a]\ncache = file:///c\n[b]\noutputs = out\n',
      /no cache.* in section \[b\] of/,
    ],
    ['a cache set to nothing', 'cache = file:///c\n[a]\ncache =\n', /no cache.* in section \[a\] of/],
    ['a control character', 'cache = file:///hunter2\x1b[2J\n', /line 1: the value of 'cache' has a control/],
    ['a bad scheme', 'cache = ftp://me:hunter2@x\n', /line 1: cache: .*scheme/],
    ['a bad parameter', 'cache = https://me:hunter2@x?comperssion=xz\n', /line 1: cache: .*'compression'/],
    [
      'a bad compression',
      'cache = file:///c\ncompression = zst\n',
      /line 2: compression: .*did you mean 'zstd'/,
    ],
    [
      'a boolean',
      'cache = file:///c\nupload-log = yes\n',
      /line 2: upload-log: must be true or false, not 'yes'/,
    ],
    ['a size', 'cache = file:///c\nmax-nar-size = 1.5G\n', /line 2: max-nar-size: must be a number of bytes/],
    ['a size beyond all numbers', 'cache = file:///c\nmax-nar-size = 99999999T\n', /max-nar-size: must be/],
    ['a duration', 'cache = file:///c\ntimeout = 5m\n', /line 2: timeout: must be a duration/],
    ['no time at all', 'cache = file:///c\ntimeout = 0\n', /timeout: must be a duration/],
    ['more than timers know', 'cache = file:///c\nstop-timeout = 600h\n', /stop-timeout: must be a duration/],
    ['pauses upside down', 'cache = file:///c\nretry-min = 2h\nretry-max = 1h\n', /retry-max is shorter/],
    ['a number', 'cache = file:///c\nbatch = 0\n', /batch: must be a whole number from 1 to 10000/],
    ['a number of another kind', 'cache = file:///c\nconcurrency = 0x10\n', /concurrency: must be a whole/],
    ['a choice', 'cache = file:///c\non-error = ignroe\n', /on-error: .*did you mean 'ignore'/],
    ['a relative directory', 'cache = file:///c\nqueue-dir = spool\n', /queue-dir: must be an absolute path/],
    [
      'a store directory',
      'cache = file:///c\nstore-dir = /nix/store/\n',
      /store-dir: invalid store directory/,
    ],
    [
      'a key in place of its file',
      `cache = file:///c\nsecret-key-files = ${secret}\n`,
      /secret-key-files: must be absolute paths/,
    ],
    [
      'a secret key for a public one',
      `cache = file:///c\nskip-signed-by = ${secret}\n`,
      /skip-signed-by: .*public key/,
    ],
    [
      'a pattern',
      'cache = file:///c\nexclude-names = [ab]*\n',
      /exclude-names: '\[ab\]\*' can match no name/,
    ],
    ['an output', 'cache = file:///c\noutputs = out,lib\n', /outputs: 'out,lib' is no name of an output/],
    ['an upstream', 'cache = file:///c\nupstream = daemon\n', /upstream: .*not a binary cache/],
    [
      'a port for everybody',
      'cache = file:///c\nlisten = 0.0.0.0:9180\n',
      /listen: must be an address of this/,
    ],
    ['a port without a host', 'cache = file:///c\nlisten = 9180\n', /listen: must be/],
    ['a port beyond', 'cache = file:///c\nlisten = 127.0.0.1:70000\n', /listen: must be/],
  ];
  for (const [what, text, message] of bad) {
    it(`refuse ${what}, saying where, and no secret`, async (t) => {
      await assert.rejects(read(t, text), (error) => {
        assert.ok(error instanceof TypeError, String(error));
        assert.match(error.message, message);
        assert.match(error.message, /hook\.conf/);
        assert.ok(!error.message.includes('hunter2'), error.message);
        assert.ok(!error.message.includes(secret.slice(12, 32)), error.message);
        return true;
      });
    });
  }

  it('refuse what is no text, and what is no configuration by its size', async (t) => {
    await assert.rejects(read(t, Buffer.from('cache = file:///\xff\n', 'latin1')), /cannot read.*hook\.conf/);
    await assert.rejects(read(t, '#'.repeat(2_000_000)), /more than 1048576 bytes/);
  });

  it('never fail in another way, and take no long time, whatever the text', () => {
    const word = fc.constantFrom(
      'cache',
      'outputs',
      '[a]',
      '[',
      ']',
      '=',
      ' ',
      '#',
      '\n',
      '\r',
      '\0',
      'ä',
      'x',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        try {
          parseSettings(words.join(''), 'f');
        } catch (error) {
          assert.ok(error instanceof TypeError, String(error));
        }
      }),
    );
    const started = performance.now();
    for (const char of [' ', '=', '[', '#', 'a', '\t', ' =']) {
      assert.throws(() => parseSettings(`x${char.repeat(200_000)}`, 'f'), TypeError);
    }
    assert.ok(performance.now() - started < 2000);
  });
});
