/**
 * How many narinfos one core parses, prints, signs and verifies in a second. Signing and verifying cannot
 * be faster than OpenSSL's Ed25519, so that is measured beside them, in turns.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { decodeNix32, encodeNix32, hashBytes, printHash } from 'narkit/hash';
import {
  fingerprint,
  type NarInfo,
  parseNarInfo,
  printNarInfo,
  signPathInfo,
  validSigners,
} from 'narkit/narinfo';
import { createSigner, exportSecretKey, Keyring, secretKeyFromSeed } from 'narkit/signature';
import { makeContentAddressedPath } from 'narkit/store-path';
import { median, type Row } from './row.ts';

const ROUNDS = 7;
const ROUND_MS = 150;
/** Different ones, so that nothing is measured that one text alone would have, such as a cached hash of it. */
const TEXTS = 500;

const secretKey = secretKeyFromSeed('bench-1', new Uint8Array(32).fill(7));
const signer = createSigner(secretKey);
const keyring = new Keyring([signer.publicKey]);

/** Signed narinfos of so many references each, as of nixpkgs. */
async function makeNarInfos(references: number): Promise<NarInfo[]> {
  const hash = (text: string): ReturnType<typeof hashBytes> =>
    hashBytes('sha256', new TextEncoder().encode(text));
  const path = (name: string): NarInfo['storePath'] =>
    makeContentAddressedPath(name, { method: 'text', hash: hash(name) });
  return await Promise.all(
    Array.from({ length: TEXTS }, async (_, i) => {
      const narHash = hash(`nar ${i}`);
      const fileHash = hash(`file ${i}`);
      const info: NarInfo = {
        storePath: path(`package-${i}-1.2.3`),
        url: `nar/${printHash(fileHash, 'nix32').slice('sha256:'.length)}.nar.zst`,
        compression: 'zstd',
        fileHash,
        fileSize: 123_456 + i,
        narHash,
        narSize: 654_321 + i,
        references: Array.from({ length: references }, (_, at) => path(`dependency-${i}-${at}-4.5`)).sort(),
        deriver: path(`package-${i}-1.2.3.drv`),
        signatures: [],
      };
      return await signPathInfo(info, [signer]);
    }),
  );
}

type Work = (at: number) => unknown;

/**
 * Calls per second of processor time, that of the garbage collector's threads included: for each kind of
 * work the median of several rounds, in turns, as what else the machine does comes and goes.
 */
async function rates<W extends readonly Work[]>(...works: W): Promise<{ [K in keyof W]: number }> {
  const measured = works.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [kind, work] of works.entries()) {
      const perSecond = await measure(work);
      if (round > 0) measured[kind]?.push(perSecond); // the first one warms up
    }
  }
  return measured.map(median) as { [K in keyof W]: number };
}

async function measure(work: Work): Promise<number> {
  const started = cpuMs();
  let calls = 0;
  let passed = 0;
  while (passed < ROUND_MS) {
    for (let at = 0; at < TEXTS; at++) {
      const result = work(at);
      if (result instanceof Promise) await result;
    }
    calls += TEXTS;
    passed = cpuMs() - started;
  }
  return (1000 * calls) / passed;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** @param bound how often the call that bounds the work can be made by itself */
function line(
  work: string,
  perSecond: number,
  { row = '9', target, bound }: { row?: string; target?: number; bound?: number } = {},
): Row {
  const print = (rate: number): string => `${Math.round(rate).toLocaleString('en')}/s`;
  return {
    row,
    work,
    ours: print(perSecond),
    peer: bound === undefined ? '' : `node:crypto alone ${print(bound)}`,
    target: target === undefined ? '' : `>= ${target.toLocaleString('en')}/s`,
    figure: bound === undefined ? print(perSecond) : `${(perSecond / bound).toFixed(3)} of it`,
    reached: target === undefined || perSecond >= target,
  };
}

/** Everything that is done with a narinfo, and the digests of 32 bytes in it. */
export async function benchNarInfos(): Promise<Row[]> {
  const computed = await makeNarInfos(10);
  const at = <T>(items: readonly T[], index: number): T => items[index] as T;
  const texts = computed.map((info) => printNarInfo(info));
  // As they come from a cache: their hashes as text.
  const infos = texts.map((text) => parseNarInfo(text));
  const bare = infos.map((info) => ({ ...info, signatures: [] }));
  const digests = computed.map((info) => info.narHash.digest);
  const nix32 = digests.map(encodeNix32);

  const privateKey = createPrivateKey(exportSecretKey(secretKey, 'pem'));
  const publicKey = createPublicKey(privateKey);
  const messages = infos.map((info) => new TextEncoder().encode(fingerprint(info)));
  const signatures = messages.map((message) => sign(null, message, privateKey));

  const [signing, plainSigning] = await rates(
    (i) => signPathInfo(at(bare, i), [signer]),
    (i) => sign(null, at(messages, i), privateKey),
  );
  const [verifying, plainVerifying] = await rates(
    (i) => validSigners(at(infos, i), keyring),
    (i) => verify(null, at(messages, i), publicKey, at(signatures, i)),
  );
  // Last, as they make the garbage collector's work larger, which is not the signer's.
  const largeTexts = (await makeNarInfos(100)).map((info) => printNarInfo(info));
  const large = largeTexts.map((text) => parseNarInfo(text));
  const [parsing, parsingLarge] = await rates(
    (i) => parseNarInfo(at(texts, i)),
    (i) => parseNarInfo(at(largeTexts, i)),
  );
  const [printing, printingLarge, printingComputed] = await rates(
    (i) => printNarInfo(at(infos, i)),
    (i) => printNarInfo(at(large, i)),
    (i) => printNarInfo(at(computed, i)),
  );
  const [encoding, decoding] = await rates(
    (i) => encodeNix32(at(digests, i)),
    (i) => decodeNix32(at(nix32, i)),
  );
  const perDigest = 200_000; // 5 µs each
  return [
    line('parse a narinfo of 10 references', parsing, { target: 300_000 }),
    line('parse a narinfo of 100 references', parsingLarge),
    line('print a narinfo of 10 references', printing, { target: 500_000 }),
    line('print a narinfo of 100 references', printingLarge),
    line('print one of 10 whose hashes were computed', printingComputed),
    line('sign a narinfo', signing, { target: 20_000, bound: plainSigning }),
    line('verify a narinfo', verifying, { target: 12_000, bound: plainVerifying }),
    line('encode 32 bytes in nix32', encoding, { row: '10', target: perDigest }),
    line('decode 32 bytes from nix32', decoding, { row: '10', target: perDigest }),
  ];
}
