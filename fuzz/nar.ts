/** narkit as a reader of archives. */
import { collect } from '../src/bytes/stream.ts';
import { NarError } from '../src/errors.ts';
import { printHash } from '../src/hash/hash.ts';
import { hashBytes } from '../src/hash/hash-source.ts';
import { readNar } from '../src/nar/read.ts';
import { writeNar } from '../src/nar/write.ts';
import { cut } from '../test/nar/trees.ts';
import { narInputs } from './nar-inputs.ts';
import { openNarPeer } from './nar-peer.ts';
import type { Ours, Subject } from './subject.ts';

/** Sizes of the pieces in which narkit gets an archive: borders everywhere. */
const PIECES = [1, 8, 100, 3, 1000];

/** Small, so that contents come in both ways. */
const INLINE_SIZE = 16;

export const narSubject: Subject = {
  name: 'nar',
  inputs: narInputs,
  ours,
  open: openNarPeer,
};

async function ours(input: Buffer): Promise<Ours> {
  try {
    return { verdict: { accepted: true, result: await rewritten(input) }, traits: [] };
  } catch (err) {
    if (!(err instanceof NarError)) throw err;
    const { code, message, offset = 0 } = err;
    const refused = { accepted: false, why: `${code}: ${message}` } as const;
    const traits = [refused.why];
    if (code !== 'ERR_NAR_TRAILING') return { verdict: refused, traits };
    return { verdict: refused, traits, prefix: await rewritten(input.subarray(0, offset)) };
  }
}

/** The hash of the archive written again from what was read. */
async function rewritten(input: Buffer): Promise<string> {
  const entries = readNar(cut(input, PIECES), { inlineSize: INLINE_SIZE });
  return printHash(hashBytes('sha256', await collect(writeNar(entries))), 'nix32');
}
