/**
 * Deciding by a policy whether a path is trusted.
 *
 * @module
 */
import { toBase64, utf8 } from '../bytes/bytes.ts';
import { checkOptions } from '../options.ts';
import type { ParsedPolicyKey, PolicyRequirement, TrustPolicy } from '../signature/policy.ts';
import { checkPolicy, findRule } from '../signature/policy.ts';
import { Keyring } from '../signature/signature.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { pathName } from '../store-path/store-path.ts';
import { fingerprint } from './fingerprint.ts';
import type { PathInfo } from './path-info.ts';
import { isContentAddressed } from './sign.ts';

/** Options of {@link evaluatePolicy}. */
export interface EvaluatePolicyOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /** The time at which keys must be valid. @default the current time */
  now?: Date;
}

/** One thing that spoke for a path, or against it. */
export interface PolicyReason {
  /**
   * Of a signature: `valid`, `unknown-key`, `revoked`, `not-yet-valid`, `expired`, `mismatch`. Of the path:
   * `content-addressed` (it follows from its `CA`), `false-content-address`, `no-rule`.
   */
  readonly code:
    | 'valid'
    | 'unknown-key'
    | 'revoked'
    | 'not-yet-valid'
    | 'expired'
    | 'mismatch'
    | 'content-addressed'
    | 'false-content-address'
    | 'no-rule';
  readonly keyName?: string;
}

/** What a policy says of a path. */
export interface PolicyDecision {
  readonly trusted: boolean;
  /**
   * Trusted only because it is content-addressed: the content must be held to the `CA` when it comes.
   */
  readonly contentMustMatch: boolean;
  readonly reasons: readonly PolicyReason[];
}

/**
 * Decides by a policy whether to trust a path.
 *
 * @throws TypeError, RangeError or ParseError for a policy that cannot mean what it says.
 *
 * @example
 * ```ts
 * import { evaluatePolicy, parseNarInfo } from 'narkit/narinfo';
 *
 * const info = parseNarInfo(`StorePath: /nix/store/066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt
 * URL: nar/1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z.nar
 * NarHash: sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z
 * NarSize: 168
 * References: 8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt
 * Sig: vector-1:lmyUHYyX3g+y403TfOxLNVkvWbe33jLwtbkKVa8ymhyrR4fzeKbcodonELru+Udtq4Lr5wocvyajkpy7TD1hBQ==
 * `);
 * const policy = {
 *   keys: [
 *     {
 *       publicKey: 'vector-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=',
 *       notAfter: '2030-12-31',
 *     },
 *   ],
 *   rules: [{ names: ['*.txt'], require: { signatures: 1 } }],
 * };
 * console.log(evaluatePolicy(policy, info, { now: new Date('2026-01-01') }).trusted); // true
 * console.log(evaluatePolicy(policy, info, { now: new Date('2031-01-01') }).reasons[0]);
 * // { code: 'expired', keyName: 'vector-1' }
 * ```
 */
export function evaluatePolicy(
  policy: TrustPolicy,
  info: PathInfo,
  options: EvaluatePolicyOptions = {},
): PolicyDecision {
  checkOptions('evaluatePolicy', options, ['storeDir', 'now']);
  const now = (options.now ?? new Date()).getTime();
  if (Number.isNaN(now)) throw new RangeError("'now' is no valid date");
  const place = options.storeDir === undefined ? {} : { storeDir: options.storeDir };
  const keys = new Map(checkPolicy(policy).map((key) => [key.name, key]));
  const reasons: PolicyReason[] = [];

  const signers = new Map<string, string>();
  const message = utf8(fingerprint(info, place));
  const keyring = new Keyring(keys.values());
  for (const signature of info.signatures) {
    const { keyName } = signature;
    const key = keys.get(keyName);
    const code = keyFault(key, now) ?? (keyring.verify(message, signature) ? 'valid' : 'mismatch');
    if (code === 'valid' && key !== undefined) signers.set(keyName, toBase64(key.bytes));
    reasons.push({ code, keyName });
  }
  const addressed = isContentAddressed(info, place);
  if (info.ca !== undefined)
    reasons.push({ code: addressed ? 'content-addressed' : 'false-content-address' });

  const rule = findRule(policy, pathName(info.storePath));
  if (rule === undefined) {
    reasons.push({ code: 'no-rule' });
    return { trusted: false, contentMustMatch: false, reasons };
  }
  const signed = isMet(rule.require, signers, false);
  const trusted = signed || isMet(rule.require, signers, addressed);
  return { trusted, contentMustMatch: trusted && !signed, reasons };
}

function keyFault(key: ParsedPolicyKey | undefined, now: number): PolicyReason['code'] | undefined {
  if (key === undefined) return 'unknown-key';
  if (key.revoked) return 'revoked';
  if (now < key.notBefore) return 'not-yet-valid';
  return now > key.notAfter ? 'expired' : undefined;
}

/** @param signers names of the keys that count, with what tells different keys apart. */
function isMet(
  requirement: PolicyRequirement,
  signers: ReadonlyMap<string, string>,
  addressed: boolean,
): boolean {
  if ('contentAddressed' in requirement) return addressed;
  if ('anyOf' in requirement) return requirement.anyOf.some((each) => isMet(each, signers, addressed));
  if ('allOf' in requirement) return requirement.allOf.every((each) => isMet(each, signers, addressed));
  const counted = (requirement.keys ?? [...signers.keys()]).map((name) => signers.get(name));
  const different = new Set(counted.filter((bytes) => bytes !== undefined));
  return different.size >= requirement.signatures;
}
