/**
 * Why Nix would or would not accept a path.
 *
 * @module
 */
import { utf8 } from '../bytes/bytes.ts';
import { ParseError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import type { PublicKey } from '../signature/key.ts';
import type { Signature } from '../signature/signature.ts';
import { Keyring } from '../signature/signature.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, printStorePath } from '../store-path/store-path.ts';
import type { NarInfoField } from './document.ts';
import { parseNarInfoDocument } from './document.ts';
import { fingerprint } from './fingerprint.ts';
import type { FingerprintChange } from './fingerprint-variants.ts';
import { fingerprintVariants } from './fingerprint-variants.ts';
import type { NarInfo, PathInfo } from './path-info.ts';
import { isContentAddressed } from './sign.ts';

/** Signatures whose mismatch is looked into: each takes a hundred verifications. */
const MAX_SEARCHES = 4;

/** Options of {@link explainTrust}. */
export interface ExplainTrustOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /** Store directories that the signer may have had instead. @default [] */
  otherStoreDirs?: readonly StoreDir[];
  /**
   * The text of the narinfo: it tells the order of the references as written, and whether
   * `Compression` is there. What is no narinfo is not an error here, but a {@link TrustExplanation.textFault}.
   * @default unknown
   */
  text?: string;
}

/** What became of one signature. */
export interface SignatureExplanation {
  readonly keyName: string;
  /**
   * `valid`: it counts. `unknown-key`: no trusted key has this name; passed over. `bad-length`: not 64 bytes, on
   * which Nix fails where the name is trusted. `mismatch`: the name is trusted, but the bytes differ.
   */
  readonly status: 'valid' | 'unknown-key' | 'bad-length' | 'mismatch';
  /** Name of a given key that did sign this, where the name does not tell: renamed, or shadowed by an earlier key. */
  readonly signedBy?: string;
  /** `mismatch`: what the signer did differently, where that could be found (at most two things; for
   * the first four mismatches only): with it, the bytes match. */
  readonly changes?: readonly FingerprintChange[];
}

/** Why a path is trusted, or not. */
export interface TrustExplanation {
  /** What Nix would say with `require-sigs`. */
  readonly trusted: boolean;
  /**
   * `recomputed`: the path follows from its content address, so no signature is needed; `mismatch`: it does
   * not, Nix warns and asks for signatures; `none`: there is no content address.
   */
  readonly contentAddress: 'none' | 'recomputed' | 'mismatch';
  /** In the order of the info. */
  readonly signatures: readonly SignatureExplanation[];
  /** The text has no `Compression`, which means `bzip2`. */
  readonly compressionMissing: boolean;
  /** Why the text that was given cannot be read: nothing was taken from it. */
  readonly textFault?: string;
  /** All of this for people: a few lines, without a newline at the end. */
  readonly text: string;
}

/**
 * Explains why Nix with `require-sigs` would or would not accept a path: which key matched, and
 * where one should have, what the signer seems to have signed instead. Never throws for what a
 * narinfo holds.
 *
 * It is stricter than `assertTrusted` in one thing, as Nix is: a signature of another length than 64
 * bytes under a trusted name makes Nix fail, however good the others are.
 *
 * @param keys as in `trusted-public-keys`: of two with the same name the first counts.
 *
 * @example
 * ```ts
 * import { explainTrust, parseNarInfo } from 'narkit/narinfo';
 * import { parsePublicKey } from 'narkit/signature';
 *
 * const text = `StorePath: /nix/store/066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt
 * URL: nar/1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z.nar
 * Compression: none
 * NarHash: sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z
 * NarSize: 168
 * References: 8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt
 * Sig: vector-1:lmyUHYyX3g+y403TfOxLNVkvWbe33jLwtbkKVa8ymhyrR4fzeKbcodonELru+Udtq4Lr5wocvyajkpy7TD1hBQ==
 * `;
 * const keys = [parsePublicKey('vector-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=')];
 * const { text: why } = explainTrust(parseNarInfo(text), keys);
 * console.log(why.split('\n')); // [ '/nix/store/066q... is trusted', "'vector-1': valid" ]
 *
 * const wrong = { ...parseNarInfo(text), references: [] };
 * console.log(explainTrust(wrong, keys).trusted); // false
 * ```
 */
export function explainTrust(
  info: PathInfo & Partial<NarInfo>,
  keys: Iterable<PublicKey>,
  options: ExplainTrustOptions = {},
): TrustExplanation {
  checkOptions('explainTrust', options, ['storeDir', 'otherStoreDirs', 'text']);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  const { fields, textFault } = options.text === undefined ? {} : readText(options.text);
  const find = (name: string): string | undefined => fields?.findLast((field) => field.name === name)?.value;
  const written = find('References')?.split(' ').filter(Boolean) as StorePath[] | undefined;
  const { otherStoreDirs = [] } = options;
  const signatures = explainSignatures(info, [...keys], { storeDir, otherStoreDirs, written });
  const contentAddress =
    info.ca === undefined ? 'none' : isContentAddressed(info, { storeDir }) ? 'recomputed' : 'mismatch';
  const failed = signatures.some(({ status }) => status === 'bad-length');
  const signed = signatures.some(({ status }) => status === 'valid');
  const explained = {
    trusted: contentAddress === 'recomputed' || (signed && !failed),
    contentAddress,
    signatures,
    compressionMissing: fields !== undefined && !find('Compression'),
    ...(textFault === undefined ? {} : { textFault }),
  } as const;
  return { ...explained, text: describe(printStorePath(info.storePath, storeDir), explained) };
}

function readText(text: string): { fields?: readonly NarInfoField[]; textFault?: string } {
  try {
    return { fields: parseNarInfoDocument(text).fields };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { textFault: error.message };
  }
}

function explainSignatures(
  info: PathInfo & Partial<NarInfo>,
  keys: readonly PublicKey[],
  sources: Parameters<typeof fingerprintVariants>[1],
): SignatureExplanation[] {
  if (info.signatures.length === 0) return [];
  const message = utf8(fingerprint(info, { storeDir: sources.storeDir }));
  const keyring = new Keyring(keys);
  const known = new Set(keyring.keyNames);
  const single = keys.map(({ name, bytes }) => ({ name, keyring: new Keyring([{ name, bytes }]) }));
  let searches = MAX_SEARCHES;
  return info.signatures.map((signature): SignatureExplanation => {
    const { keyName } = signature;
    if (keyring.verify(message, signature)) return { keyName, status: 'valid' };
    const status = !known.has(keyName)
      ? 'unknown-key'
      : signature.sig.length === 64
        ? 'mismatch'
        : 'bad-length';
    if (status === 'bad-length') return { keyName, status };
    const signer = single.find(({ name, keyring }) =>
      keyring.verify(message, { ...signature, keyName: name }),
    );
    if (signer !== undefined) return { keyName, status, signedBy: signer.name };
    const changes =
      status === 'mismatch' && searches-- > 0 ? findChanges(info, signature, keyring, sources) : undefined;
    return { keyName, status, ...(changes === undefined ? {} : { changes }) };
  });
}

function findChanges(
  info: PathInfo & Partial<NarInfo>,
  signature: Signature,
  keyring: Keyring,
  sources: Parameters<typeof fingerprintVariants>[1],
): readonly FingerprintChange[] | undefined {
  for (const { fingerprint: text, changes } of fingerprintVariants(info, sources)) {
    if (keyring.verify(utf8(text), signature)) return changes;
  }
  return undefined;
}

function describe(path: string, explained: Omit<TrustExplanation, 'text'>): string {
  const { trusted, contentAddress, signatures, compressionMissing, textFault } = explained;
  const lines = [`${path} is ${trusted ? 'trusted' : 'not trusted'}`];
  if (contentAddress === 'recomputed') lines.push('the path follows from its content address');
  if (contentAddress === 'mismatch') lines.push('the path does not follow from its content address');
  if (signatures.length === 0) lines.push('there is no signature');
  for (const signature of signatures) lines.push(`'${signature.keyName}': ${describeSignature(signature)}`);
  if (compressionMissing) lines.push('Compression is missing: it is read as bzip2');
  if (textFault !== undefined) lines.push(`the text cannot be read: ${textFault}`);
  return lines.join('\n');
}

function describeSignature({ status, signedBy, keyName, changes }: SignatureExplanation): string {
  if (signedBy !== undefined) {
    return signedBy === keyName
      ? 'made with a key that is shadowed by an earlier one of the same name'
      : `made with the key '${signedBy}', under another name`;
  }
  if (status === 'valid') return 'valid';
  if (status === 'unknown-key') return 'no trusted key has this name';
  if (status === 'bad-length') return 'not 64 bytes: Nix fails on it, whatever other signatures there are';
  if (changes === undefined) return 'does not match: the narinfo was changed, or another key has this name';
  return `does not match; the signer signed with ${changes.map(({ message }) => message).join(' and ')}`;
}
