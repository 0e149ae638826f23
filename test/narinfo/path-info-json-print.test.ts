import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PathInfo, parsePathInfoJson, printPathInfoJson } from 'narkit/narinfo';
import type { StorePath } from 'narkit/store-path';
import { narInfos } from './arbitraries.ts';
import { A_PATH, B_INFO, B_PATH, B_SIGNATURE } from './vectors.ts';

const [A, B] = [A_PATH.slice(11) as StorePath, B_PATH.slice(11) as StorePath];
const FORMATS = ['array', 1, 2, 3] as const;
const { url: _, compression: __, fileHash: ___, fileSize: ____, ...PLAIN } = B_INFO;
const infos = new Map<StorePath, PathInfo | undefined>([
  [A, undefined],
  [B, PLAIN],
]);
const SRI = 'sha256-H3RlSZVlbpDENkZspVj2zlGFJuUSHc/1fKWkexJgUfs=';
const CA = 'text:sha256:11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c';

test('section 10: the array, in the words of 2.8', () => {
  assert.equal(
    printPathInfoJson(infos, { format: 'array' }),
    `[{"path":"${B_PATH}","narHash":"${SRI}","narSize":168,"references":["${A_PATH}"],"ca":"${CA}",` +
      `"signatures":["${B_SIGNATURE}"]},{"path":"${A_PATH}","valid":false}]`,
  );
});

test('section 10: the formats 1 to 3', () => {
  const facts = { deriver: null, narHash: SRI, narSize: 168, registrationTime: null, ultimate: false };
  const parse = (format: 1 | 2 | 3): unknown => JSON.parse(printPathInfoJson(infos, { format }));
  const storeDir = '/nix/store';
  const one = { ...facts, ca: CA, references: [A_PATH], signatures: [B_SIGNATURE], version: 1, storeDir };
  assert.deepEqual(parse(1), { [B_PATH]: one, [A_PATH]: null });
  const ca = { method: 'text', hash: 'sha256-zFj2okVaVncJKUHHxL01qo97T64Ihlan1Gnj8Ld8yoY=' };
  const [keyName, sig] = B_SIGNATURE.split(':');
  const two = { ...facts, references: [A], storeDir };
  assert.deepEqual(parse(2), {
    version: 2,
    storeDir,
    info: {
      [B]: { ...two, ca, signatures: [B_SIGNATURE], version: 2 },
      [A]: null,
    },
  });
  assert.deepEqual(parse(3), {
    version: 3,
    storeDir,
    info: {
      [B]: { ...two, ca, signatures: [{ keyName, sig }], version: 3 },
      [A]: null,
    },
  });
});

test('section 10: of a cache, with what only a cache has', () => {
  const json = printPathInfoJson(new Map([[B, B_INFO]]), { format: 1 });
  const { url, compression, downloadHash, downloadSize } = (
    JSON.parse(json) as Record<string, Record<string, unknown>>
  )[B_PATH] as Record<string, unknown>;
  assert.deepEqual(
    [url, compression, downloadHash, downloadSize],
    [B_INFO.url, B_INFO.compression, SRI, B_INFO.fileSize],
  );
});

test('law: printed and parsed again, in every format and store directory', () => {
  const valid = fc.array(narInfos, { maxLength: 4 }).map(
    (list) =>
      new Map(
        list.map((info): [StorePath, PathInfo] => {
          const { url: _, compression: __, fileHash: ___, fileSize: ____, ...plain } = info;
          return [plain.storePath, plain];
        }),
      ),
  );
  fc.assert(
    fc.property(
      valid,
      fc.constantFrom(...FORMATS),
      fc.constantFrom('/nix/store', '/a'),
      (map, format, storeDir) => {
        const all = new Map<StorePath, PathInfo | undefined>(map).set(A, undefined);
        const options = { format, storeDir };
        const parsed = parsePathInfoJson(printPathInfoJson(all, options), { storeDir });
        assert.deepEqual(parsed, all);
        assert.equal(printPathInfoJson(parsed, options), printPathInfoJson(all, options));
      },
    ),
  );
  for (const format of FORMATS)
    assert.equal(parsePathInfoJson(printPathInfoJson(new Map(), { format })).size, 0);
});

test('what cannot be printed, and options that do not exist, are refused', () => {
  const print = (info: PathInfo): string => printPathInfoJson(new Map([[B, info]]), { format: 1 });
  assert.throws(() => print({ ...PLAIN, storePath: A }), RangeError);
  for (const narSize of [-1, 1.5, Number.NaN, 2 ** 53])
    assert.throws(() => print({ ...PLAIN, narSize }), RangeError);
  assert.throws(() => print({ ...B_INFO, fileSize: -1 } as PathInfo), RangeError);
  assert.throws(() => printPathInfoJson(infos, { format: 4 as 3 }), RangeError);
  assert.throws(() => printPathInfoJson(infos, { format: 1, storDir: '/x' } as { format: 1 }), TypeError);
});
