/** narkit as a reader of narinfos. */
import { fromUtf8 } from '../src/bytes/bytes.ts';
import { ParseError } from '../src/errors.ts';
import { lintNarInfo } from '../src/narinfo/lint.ts';
import { parseNarInfo } from '../src/narinfo/parse.ts';
import type { NarInfo } from '../src/narinfo/path-info.ts';
import { narInfoInputs } from './narinfo-inputs.ts';
import { openNarInfoPeer, resultOf } from './narinfo-peer.ts';
import type { Ours, Subject } from './subject.ts';

export const narInfoSubject: Subject = {
  name: 'narinfo',
  inputs: narInfoInputs,
  ours: (input) => Promise.resolve(ours(input)),
  open: openNarInfoPeer,
};

function ours(input: Buffer): Ours {
  const text = fromUtf8(input);
  if (text === undefined) return { verdict: { accepted: false, why: 'not UTF-8' }, traits: ['not UTF-8'] };
  const traits = lintNarInfo(text).quirks.map(({ code }) => code);
  let info: NarInfo;
  try {
    info = parseNarInfo(text);
  } catch (err) {
    if (!(err instanceof ParseError)) throw err;
    return { verdict: { accepted: false, why: err.message }, traits };
  }
  return { verdict: { accepted: true, result: resultOf(info) }, traits, storePath: info.storePath };
}
