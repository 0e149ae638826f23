import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isNarkitError } from 'narkit';
import { type Derivation, derivationOutputs, parseDerivation, printDerivation } from 'narkit/derivation';
import { compareNames, decodeName, encodeName } from 'narkit/nar';
import { derivation } from './arbitraries.ts';

const A = '/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.drv';
const B = '/nix/store/066q1npcw1gx13ini06wh80ir4ma4hhz-b';
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

interface Parts {
  outputs?: string;
  inputDrvs?: string;
  inputSrcs?: string;
  args?: string;
  env?: string;
}

const drvText = (parts: Parts): string =>
  `Derive([${parts.outputs ?? '("out","","","")'}],[${parts.inputDrvs ?? ''}],[${parts.inputSrcs ?? ''}],"s","/b",[${parts.args ?? ''}],[${parts.env ?? ''}])`;

/** As Nix would hold it: maps and sets sorted. */
function sorted(drv: Derivation): Derivation {
  const byKey = <K extends string, V>(map: ReadonlyMap<K, V>): Map<K, V> =>
    new Map([...map].sort(([a], [b]) => compareNames(a, b)));
  const inputDrvs = new Map([...drv.inputDrvs].map(([path, names]) => [path, [...names].sort(compareNames)]));
  return {
    ...drv,
    outputs: byKey(drv.outputs),
    inputDrvs: byKey(inputDrvs),
    inputSrcs: [...drv.inputSrcs].sort(),
    env: byKey(drv.env),
  };
}

describe('derivations', () => {
  it('law: parse is the inverse of print, through bytes', () => {
    fc.assert(
      fc.property(derivation, fc.constantFrom('/nix/store', '/gnu/store'), (drv, storeDir) => {
        const text = printDerivation(drv, { storeDir });
        const parsed = parseDerivation(encodeName(text), { storeDir });
        assert.deepEqual(parsed, sorted(drv));
        assert.deepEqual([...parsed.env], [...sorted(drv).env]);
        assert.equal(printDerivation(parsed, { storeDir }), text);
      }),
      { numRuns: 500 },
    );
  });

  it('law: whatever parses after a change of one byte prints back to the changed bytes', () => {
    fc.assert(
      fc.property(derivation, fc.nat(), fc.nat(255), (drv, at, byte) => {
        const bytes = encodeName(printDerivation(drv)).slice();
        bytes[at % bytes.length] = byte;
        let parsed: Derivation;
        try {
          parsed = parseDerivation(bytes);
        } catch (err) {
          assert.ok(isNarkitError(err, 'ERR_PARSE_DERIVATION', 'ERR_UNSUPPORTED'), String(err));
          return;
        }
        assert.deepEqual(encodeName(printDerivation(parsed)), bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads all parts', () => {
    const text = drvText({
      outputs: `("dev","${B}-dev","",""),("out","${B}","r:sha256","${EMPTY}")`,
      inputDrvs: `("${A}",["dev","out"])`,
      inputSrcs: `"${B}"`,
      args: '"a\\n\\r\\t\\"\\\\","é"',
      env: '("x","1"),("y","")',
    });
    const drv = parseDerivation(text);
    assert.deepEqual(
      [...derivationOutputs(drv)],
      [
        ['dev', `${B.slice(11)}-dev`],
        ['out', B.slice(11)],
      ],
    );
    const out = drv.outputs.get('out');
    assert.ok(out?.type === 'fixed' && out.ca.method === 'nar' && out.ca.hash.algo === 'sha256');
    assert.deepEqual([...drv.inputDrvs], [[A.slice(11), ['dev', 'out']]]);
    assert.deepEqual([drv.inputSrcs, drv.system, drv.builder], [[B.slice(11)], 's', '/b']);
    assert.deepEqual(drv.args, ['a\n\r\t"\\', 'é']);
    assert.equal(printDerivation(drv), text);
  });

  it('knows the kinds of outputs that have no path yet', () => {
    const outputs =
      '("a","","",""),("b","","r:sha256",""),("c","","git:sha1","impure"),("d","","text:sha256","")';
    const drv = parseDerivation(drvText({ outputs }));
    assert.deepEqual(
      [...drv.outputs.values()],
      [
        { type: 'deferred' },
        { type: 'floating', method: 'nar', algo: 'sha256' },
        { type: 'impure', method: 'git', algo: 'sha1' },
        { type: 'floating', method: 'text', algo: 'sha256' },
      ],
    );
    assert.deepEqual([...derivationOutputs(drv).values()], [undefined, undefined, undefined, undefined]);
  });

  it('keeps bytes that are not UTF-8', () => {
    const bytes = Buffer.from(drvText({ env: '("x","\xff\xc3")' }), 'latin1');
    const drv = parseDerivation(bytes);
    assert.equal(drv.env.get('x'), decodeName(Uint8Array.of(0xff, 0xc3)));
    assert.deepEqual(Buffer.from(encodeName(printDerivation(drv))), bytes);
  });

  const refused: [string, string][] = [
    ['nothing', ''],
    ['a word', 'Derive'],
    ['an open end', drvText({}).slice(0, -1)],
    ['a byte more', `${drvText({})}\n`],
    ['a space', drvText({}).replace(',', ', ')],
    ['a string without end', 'Derive([("out'],
    ['an unknown escape', drvText({ args: '"\\x"' })],
    ['a backslash at the end', 'Derive([("out\\'],
    ['a raw newline', drvText({ args: '"\n"' })],
    ['a raw tab', drvText({ args: '"\t"' })],
    ['a comma at the end of a list', drvText({ args: '"a",' })],
    ['half a character', drvText({ env: '("\ud800",""),("é","")' })],
    ['unsorted variables', drvText({ env: '("b",""),("a","")' })],
    ['a repeated variable', drvText({ env: '("a",""),("a","")' })],
    ['variables in UTF-16 order', drvText({ env: '("\u{10000}",""),("\uffff","")' })],
    ['unsorted outputs', drvText({ outputs: '("out","","",""),("dev","","","")' })],
    ['an output without a name', drvText({ outputs: '("","","","")' })],
    ['unsorted outputs of an input', drvText({ inputDrvs: `("${A}",["out","dev"])` })],
    ['a repeated source', drvText({ inputSrcs: `"${B}","${B}"` })],
    ['an input elsewhere', drvText({ inputSrcs: '"/etc/passwd"' })],
    ['an input with a slash at the end', drvText({ inputSrcs: `"${B}/"` })],
    ['an input that is no derivation', drvText({ inputDrvs: `("${B}",["out"])` })],
    ['a hash without an algorithm', drvText({ outputs: `("out","${B}","","${EMPTY}")` })],
    ['an unknown algorithm', drvText({ outputs: `("out","${B}","sha3","${EMPTY}")` })],
    ['an unknown method', drvText({ outputs: `("out","${B}","x:sha256","${EMPTY}")` })],
    ['git with md5', drvText({ outputs: `("out","${B}","git:md5","${EMPTY.slice(0, 32)}")` })],
    ['an upper-case hash', drvText({ outputs: `("out","${B}","sha256","${EMPTY.toUpperCase()}")` })],
    ['a short hash', drvText({ outputs: `("out","${B}","sha256","${EMPTY.slice(1)}")` })],
    ['a fixed output without a path', drvText({ outputs: `("out","","sha256","${EMPTY}")` })],
    ['a floating output with a path', drvText({ outputs: `("out","${B}","sha256","")` })],
    ['an impure output with a path', drvText({ outputs: `("out","${B}","sha256","impure")` })],
  ];
  for (const [what, text] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseDerivation(text), { code: 'ERR_PARSE_DERIVATION', message: /at offset \d+$/ });
    });
  }

  it('says where', () => {
    const at = drvText({}).indexOf('"/b"');
    assert.throws(() => parseDerivation(drvText({}).replace('"/b"', '/b')), {
      message: new RegExp(`expected .* at offset ${at}$`),
    });
  });

  it('says that it cannot read dynamic derivations', () => {
    assert.throws(() => parseDerivation('DrvWithVersion("xp-dyn-drv",[],[],[],"s","b",[],[])'), {
      code: 'ERR_UNSUPPORTED',
    });
  });
});
