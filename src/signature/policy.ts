/**
 * Trust policies as data: which keys must have signed which paths. They are plain JSON.
 *
 * @module
 */
import { toBase64 } from '../bytes/bytes.ts';
import { checkOptions } from '../options.ts';
import type { PublicKey } from './key.ts';
import { parsePublicKey } from './key.ts';

/** A key of a policy. */
export interface PolicyKey {
  /** `<name>:<base64>`, as in `trusted-public-keys`; no two keys have the same name. */
  readonly publicKey: string;
  /** ISO 8601; before this the key does not count. Signatures bear no date: it is the time of checking. */
  readonly notBefore?: string;
  /** ISO 8601; after this the key does not count any more. */
  readonly notAfter?: string;
}

/**
 * What a path must have. `signatures`: valid ones by that many different keys (different bytes, whatever
 * their names) out of `keys`, by default out of all; `contentAddressed`: the path follows from its `CA`.
 */
export type PolicyRequirement =
  | { readonly signatures: number; readonly keys?: readonly string[] }
  | { readonly contentAddressed: true }
  | { readonly anyOf: readonly PolicyRequirement[] }
  | { readonly allOf: readonly PolicyRequirement[] };

/** A requirement for some paths. */
export interface PolicyRule {
  /** Patterns of which one must match the name (without the hash part); `*` is any text. @default every path */
  readonly names?: readonly string[];
  readonly require: PolicyRequirement;
}

/** Which paths to trust. */
export interface TrustPolicy {
  readonly keys: readonly PolicyKey[];
  /** Key names, or public keys, whose bytes then count for nothing under any name. @default [] */
  readonly revoked?: readonly string[];
  /** The first rule that matches a path decides; a path that none matches is not trusted. */
  readonly rules: readonly PolicyRule[];
}

/** A key of a policy, parsed. */
export interface ParsedPolicyKey extends PublicKey {
  readonly revoked: boolean;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * The keys of a policy, after a check of all of it: a policy that cannot mean what it says is refused
 * before anything is decided by it.
 *
 * @throws TypeError for an unknown member or requirement; RangeError for a key name that is there twice
 *   or not at all, a number of signatures that its keys can never reach, an empty list, a date that is none;
 *   ParseError `ERR_PARSE_KEY`.
 */
export function checkPolicy(policy: TrustPolicy): ParsedPolicyKey[] {
  checkOptions('policy', policy, ['keys', 'revoked', 'rules']);
  const revoked = new Set((policy.revoked ?? []).map((text) => (text.includes(':') ? bytesOf(text) : text)));
  const keys = policy.keys.map((key) => {
    checkOptions('policy key', key, ['publicKey', 'notBefore', 'notAfter']);
    const { name, bytes } = parsePublicKey(key.publicKey);
    return {
      name,
      bytes,
      revoked: revoked.has(name) || revoked.has(toBase64(bytes)),
      notBefore: key.notBefore === undefined ? Number.NEGATIVE_INFINITY : parseDate(key.notBefore),
      notAfter: key.notAfter === undefined ? Number.POSITIVE_INFINITY : parseDate(key.notAfter),
    };
  });
  const byName = new Map(keys.map((key) => [key.name, toBase64(key.bytes)]));
  if (byName.size < keys.length) throw new RangeError('policy: two keys have the same name');
  for (const rule of policy.rules) {
    checkOptions('policy rule', rule, ['names', 'require']);
    checkRequirement(rule.require, byName);
  }
  return keys;
}

/** The rule that decides about a path of this name; `undefined` where none does. */
export function findRule(policy: TrustPolicy, name: string): PolicyRule | undefined {
  return policy.rules.find(({ names }) => names === undefined || names.some((each) => matches(each, name)));
}

function checkRequirement(requirement: PolicyRequirement, keys: ReadonlyMap<string, string>): void {
  if ('signatures' in requirement) {
    checkOptions('policy requirement', requirement, ['signatures', 'keys']);
    const names = requirement.keys ?? [...keys.keys()];
    const unknown = names.find((name) => !keys.has(name));
    if (unknown !== undefined)
      throw new RangeError(`policy: a rule names '${unknown}', which is no key of it`);
    const { signatures } = requirement;
    const different = new Set(names.map((name) => keys.get(name))).size;
    if (!Number.isSafeInteger(signatures) || signatures < 1 || signatures > different) {
      throw new RangeError(
        `policy: ${signatures} signatures by ${different} different keys cannot be required`,
      );
    }
    return;
  }
  if ('contentAddressed' in requirement) {
    checkOptions('policy requirement', requirement, ['contentAddressed']);
    if (requirement.contentAddressed !== true)
      throw new TypeError('policy: contentAddressed can only be true');
    return;
  }
  const kind = 'anyOf' in requirement ? 'anyOf' : 'allOf';
  checkOptions('policy requirement', requirement, [kind]);
  const list = (requirement as Partial<Record<typeof kind, readonly PolicyRequirement[]>>)[kind];
  if (list === undefined) {
    throw new TypeError('policy: a requirement is one of signatures, contentAddressed, anyOf and allOf');
  }
  if (list.length === 0) throw new RangeError(`policy: ${kind} is empty`);
  for (const each of list) checkRequirement(each, keys);
}

/** `*` is any text, everything else itself; linear, whatever the pattern. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

function bytesOf(text: string): string {
  return toBase64(parsePublicKey(text).bytes);
}

function parseDate(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(T.*(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new RangeError(
      `policy: ${JSON.stringify(text)} is no date such as 2026-01-31 or 2026-01-31T12:00:00Z`,
    );
  }
  return time;
}
