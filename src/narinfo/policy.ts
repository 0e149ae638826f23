/**
 * Deciding by a policy whether a path is trusted.
 *
 * @module
 */
import { toBase64, utf8 } from '../bytes/bytes.ts';
import { checkOptions } from '../options.ts';
import type { ParsedPolicyKey, PolicyRequirement, TrustPolicy } from '../signature/policy.ts';
import { checkPolicy, findRule } from '../signature/policy.ts';
import type { Signature } from '../signature/signature.ts';
import { Keyring } from '../signature/signature.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { pathName } from '../store-path/store-path.ts';
import { fingerprint } from './fingerprint.ts';
import type { PathInfo } from './path-info.ts';
import { isContentAddressed } from './sign.ts';

/** Options of {@link CompiledPolicy.evaluate}. */
export interface EvaluatePolicyOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /** The time at which keys must be valid. @default the current time */
  now?: Date;
}

/** One thing that spoke for a path, or against it. */
export interface PolicyReason {
  /**
   * Of a signature: `valid`, `unknown-key`, `revoked`, `not-yet-valid`, `expired`, `bad-length` (not 64
   * bytes), `mismatch`. Of the path: `content-addressed` (it follows from its `CA`),
   * `false-content-address`, `no-rule`.
   */
  readonly code: keyof typeof REASONS;
  /** Of a signature: its key. */
  readonly keyName?: string;
}

/** The reasons for people. */
const REASONS = {
  valid: 'valid',
  'unknown-key': 'no key of the policy has this name',
  revoked: 'the key is revoked',
  'not-yet-valid': 'the key is not valid yet',
  expired: 'the key has expired',
  'bad-length': 'not 64 bytes',
  mismatch: 'does not match: the narinfo was changed, or another key has this name',
  'content-addressed': 'the path follows from its content address',
  'false-content-address': 'the path does not follow from its content address',
  'no-rule': 'no rule of the policy is about this path',
} as const;

/** What a policy says of a path. */
export interface PolicyDecision {
  readonly trusted: boolean;
  /**
   * Trusted only because it is content-addressed: the content must be held to the `CA` when it comes.
   */
  readonly contentMustMatch: boolean;
  /** Of each signature in the order of the info, then of the path. */
  readonly reasons: readonly PolicyReason[];
  /** The reasons for people, in one line; it does not say whether they suffice. */
  readonly text: string;
}

/** A policy ready to decide: checked, its keys set up. It has no state. */
export interface CompiledPolicy {
  /** Decides whether to trust a path. @throws RangeError for a `now` that is no date */
  evaluate(info: PathInfo, options?: EvaluatePolicyOptions): PolicyDecision;
}

/**
 * Makes a policy ready to decide about paths: it is checked, and its keys are set up, once. Later
 * changes of `policy` have no effect.
 *
 * @throws TypeError, RangeError or ParseError for a policy that cannot mean what it says.
 *
 * @example
 * ```ts
 * import { compilePolicy, parseNarInfo } from 'narkit/narinfo';
 *
 * const info = parseNarInfo(`StorePath: /nix/store/066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt
 * URL: nar/1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z.nar
 * NarHash: sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z
 * NarSize: 168
 * References: 8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt
 * Sig: vector-1:lmyUHYyX3g+y403TfOxLNVkvWbe33jLwtbkKVa8ymhyrR4fzeKbcodonELru+Udtq4Lr5wocvyajkpy7TD1hBQ==
 * `);
 * const policy = compilePolicy({
 *   keys: [
 *     {
 *       publicKey: 'vector-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=',
 *       notAfter: '2030-12-31',
 *     },
 *   ],
 *   rules: [{ names: ['*.txt'], require: { signatures: 1 } }],
 * });
 * console.log(policy.evaluate(info, { now: new Date('2026-01-01') }).trusted); // true
 * console.log(policy.evaluate(info, { now: new Date('2031-01-01') }).reasons[0]);
 * // { code: 'expired', keyName: 'vector-1' }
 * ```
 */
export function compilePolicy(policy: TrustPolicy): CompiledPolicy {
  const own = structuredClone(policy);
  const keys = new Map(checkPolicy(own).map((key) => [key.name, key]));
  const keyring = new Keyring(keys.values());
  return { evaluate: (info, options = {}) => evaluate(own, keys, keyring, info, options) };
}

function evaluate(
  policy: TrustPolicy,
  keys: ReadonlyMap<string, ParsedPolicyKey>,
  keyring: Keyring,
  info: PathInfo,
  options: EvaluatePolicyOptions,
): PolicyDecision {
  checkOptions('evaluate', options, ['storeDir', 'now']);
  const now = (options.now ?? new Date()).getTime();
  if (Number.isNaN(now)) throw new RangeError("'now' is no valid date");
  const place = options.storeDir === undefined ? {} : { storeDir: options.storeDir };
  const reasons: PolicyReason[] = [];

  const signers = new Map<string, string>();
  const message = utf8(fingerprint(info, place));
  for (const signature of info.signatures) {
    const { keyName } = signature;
    const key = keys.get(keyName);
    const code = keyFault(key, now) ?? (keyring.verify(message, signature) ? 'valid' : wrong(signature));
    if (code === 'valid' && key !== undefined) signers.set(keyName, toBase64(key.bytes));
    reasons.push({ code, keyName });
  }
  const addressed = isContentAddressed(info, place);
  if (info.ca !== undefined)
    reasons.push({ code: addressed ? 'content-addressed' : 'false-content-address' });

  const rule = findRule(policy, pathName(info.storePath));
  if (rule === undefined) reasons.push({ code: 'no-rule' });
  const signed = rule !== undefined && isMet(rule.require, signers, false);
  const trusted = signed || (rule !== undefined && isMet(rule.require, signers, addressed));
  return { trusted, contentMustMatch: trusted && !signed, reasons, text: describe(info, reasons) };
}

function wrong({ sig }: Signature): PolicyReason['code'] {
  return sig.length === 64 ? 'mismatch' : 'bad-length';
}

function describe(info: PathInfo, reasons: readonly PolicyReason[]): string {
  const parts = reasons.map(({ code, keyName }) =>
    keyName === undefined ? REASONS[code] : `'${keyName}': ${REASONS[code]}`,
  );
  return [...(info.signatures.length === 0 ? ['there is no signature'] : []), ...parts].join('; ');
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
