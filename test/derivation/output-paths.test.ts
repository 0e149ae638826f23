/**
 * The vectors of store-path.md section 6, and what real Nix cannot easily be made to show.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { derivationPath, outputPaths, parseDerivation, printDerivation } from 'narkit/derivation';
import { type Hash, printDigest } from 'narkit/hash';
import { parseBaseName, type StorePath } from 'narkit/store-path';

const DEMO =
  'Derive([("dev","","",""),("out","","","")],[],[],"x86_64-linux","/bin/sh",["-c","echo hi > $out"],[("builder","/bin/sh"),("dev",""),("name","demo"),("out",""),("outputs","out dev"),("system","x86_64-linux")])';
const OUT = '0y7px54rmpjja3p599m0pwdfwcvy1ci8-demo';
const DEV = 'pp8adbdz9m6s4lli249hay2pwqp9wdaq-demo-dev';
const FULL = DEMO.replace('("dev","","","")', `("dev","/nix/store/${DEV}","","")`)
  .replace('("out","","","")', `("out","/nix/store/${OUT}","","")`)
  .replace('("dev","")', `("dev","/nix/store/${DEV}")`)
  .replace('("out","")', `("out","/nix/store/${OUT}")`);
const SRC = '/nix/store/1z4hd8bnbadg3dnk5ncdbfp8krw7lp6y-src.tar';
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const A = parseBaseName('8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-src.tar.drv');
const B = parseBaseName('066q1npcw1gx13ini06wh80ir4ma4hhz-src.tar.drv');
const none = (path: StorePath): never => assert.fail(`asked for ${path}`);

const fixed = (url: string): string =>
  `Derive([("out","${SRC}","sha256","${EMPTY}")],[],[],"x","/b",[],[("out","${SRC}"),("url","${url}")])`;
const using = (...inputs: string[]): string =>
  `Derive([("out","","","")],[${inputs.map((path) => `("/nix/store/${path}",["out"])`).join(',')}],[],"x","/b",[],[("out","")])`;

describe('outputPaths', () => {
  it('gives those of the vector, whether the derivation has them already or not', async () => {
    for (const text of [DEMO, FULL]) {
      const paths = await outputPaths('demo', parseDerivation(text), { lookup: none });
      assert.deepEqual(
        [...paths],
        [
          ['dev', DEV],
          ['out', OUT],
        ],
      );
    }
    assert.equal(derivationPath('demo', parseDerivation(FULL)), 'rvpy7z0cx1dax7ddzx9wqyba369fv3kn-demo.drv');
    const elsewhere = await outputPaths('demo', parseDerivation(DEMO), {
      lookup: none,
      storeDir: '/gnu/store',
    });
    assert.notEqual(elsewhere.get('out'), OUT);
  });

  it('gives that of a fixed output, and its hash as an input', async () => {
    const drv = parseDerivation(fixed('x'));
    assert.deepEqual([...(await outputPaths('src.tar', drv, { lookup: none })).values()], [SRC.slice(11)]);
    const hashes = new Map<StorePath, Hash | undefined>();
    await outputPaths('demo', parseDerivation(using(A)), { lookup: () => drv, hashes });
    const hash = hashes.get(A) ?? assert.fail();
    assert.equal(
      printDigest(hash, 'base16'),
      'f5a17a7f5e5ba58e3cac4e82e423cf5a551461df0e749063c68a6ea04d0de5bc',
    );
  });

  it('does not depend on where a fixed-output input comes from, alone or twice', async () => {
    const lookup = (path: StorePath) => Promise.resolve(parseDerivation(fixed(path === A ? 'one' : 'two')));
    const of = async (...inputs: StorePath[]) =>
      (await outputPaths('demo', parseDerivation(using(...inputs)), { lookup })).get('out');
    assert.equal(await of(A), await of(B));
    // Two entries with one hash are merged.
    assert.equal(await of(B, A), await of(A));
    assert.notEqual(await of(A), await of());
  });

  it('merges inputs that differ in nothing but their sources, with all the outputs that are used', async () => {
    const [C, D] = ['1', '2'].map((digit) => parseBaseName(`${digit.repeat(32)}-x.drv`)) as [
      StorePath,
      StorePath,
    ];
    const texts = new Map([
      [A, fixed('one')],
      [B, fixed('two')],
      [C, using(A)],
      [D, using(B)],
    ]);
    const lookup = (path: StorePath) => parseDerivation(texts.get(path) ?? assert.fail());
    const of = async (text: string) =>
      (await outputPaths('demo', parseDerivation(text), { lookup })).get('out');
    const two = using(C, D).replace(`${D}",["out"]`, `${D}",["dev"]`);
    assert.equal(await of(two), await of(using(C).replace('["out"]', '["dev","out"]')));
    assert.notEqual(await of(two), await of(using(C)));
  });

  it('asks for each input once, also over several calls', async () => {
    const asked: StorePath[] = [];
    const lookup = (path: StorePath) => {
      asked.push(path);
      return parseDerivation(path === B ? using(A) : using());
    };
    const hashes = new Map<StorePath, Hash | undefined>();
    for (let i = 0; i < 2; i++) await outputPaths('demo', parseDerivation(using(B, A)), { lookup, hashes });
    assert.deepEqual(asked, [B, A]);
  });

  it('has no path for what the build decides, here or in an input', async () => {
    const floating = parseDerivation('Derive([("out","","r:sha256","")],[],[],"x","/b",[],[])');
    assert.deepEqual([...(await outputPaths('x', floating, { lookup: none }))], [['out', undefined]]);
    const lookup = (path: StorePath) => (path === A ? parseDerivation(using(B)) : floating);
    const paths = await outputPaths('x', parseDerivation(using(A)), { lookup });
    assert.deepEqual([...paths], [['out', undefined]]);
  });

  it('refuses cycles, mixed outputs, bad names and unknown options, and hands on what lookup throws', async () => {
    const code = 'ERR_PARSE_DERIVATION';
    const cyclic = (path: StorePath) => parseDerivation(using(path === A ? B : A));
    await assert.rejects(outputPaths('x', parseDerivation(using(A)), { lookup: cyclic }), { code });
    const mixed = fixed('x').replace('[("out"', '[("a","","",""),("out"');
    await assert.rejects(outputPaths('x', parseDerivation(mixed), { lookup: none }), { code });
    const drv = parseDerivation(DEMO);
    await assert.rejects(outputPaths('a b', drv, { lookup: none }), { code: 'ERR_PARSE_STORE_PATH' });
    await assert.rejects(outputPaths('x', drv, { lookup: none, store: '' } as never), TypeError);
    const lookup = () => Promise.reject(new Error('gone'));
    await assert.rejects(outputPaths('x', parseDerivation(using(A)), { lookup }), /gone/);
  });

  it('leaves the derivation as it was', async () => {
    const drv = parseDerivation(FULL);
    await outputPaths('demo', drv, { lookup: none });
    assert.equal(printDerivation(drv), FULL);
  });
});
