/**
 * Whether a path of a cache is taken, and what its content must still prove.
 *
 * @module
 */
import type { ByteTransform } from '../bytes/stream.ts';
import { contentCheck } from '../cache/content-check.ts';
import { TrustError } from '../errors.ts';
import type { NarInfo } from '../narinfo/path-info.ts';
import type { CompiledPolicy } from '../narinfo/policy.ts';
import { assertSigned, isContentAddressed, validSigners } from '../narinfo/sign.ts';
import type { PublicKey } from '../signature/key.ts';
import { Keyring } from '../signature/signature.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { printStorePath } from '../store-path/store-path.ts';

/** Whom to trust: one of the two. */
export interface TrustSettings {
  trustedKeys?: readonly PublicKey[] | undefined;
  policy?: CompiledPolicy | undefined;
  now?: Date | undefined;
  requireSigs?: boolean | undefined;
}

/** @throws TypeError for settings that do not say one thing. */
export function checkTrustSettings(where: string, settings: TrustSettings): void {
  const { trustedKeys, policy, now, requireSigs } = settings;
  if ((trustedKeys === undefined) === (policy === undefined))
    throw new TypeError(`${where}: give either 'trustedKeys' or 'policy'`);
  if (policy === undefined && now !== undefined) throw new TypeError(`${where}: 'now' is for a 'policy'`);
  if (policy !== undefined && requireSigs === false)
    throw new TypeError(
      `${where}: 'requireSigs: false' takes any path, whatever the 'policy'; give one of them`,
    );
}

/**
 * Returns what is left to be checked of a path's content, once its narinfo is trusted: nothing, if
 * keys vouch for it; all of it, if its content address does.
 *
 * @throws TrustError `ERR_UNSIGNED`, `ERR_UNTRUSTED`
 */
export function trustCheck(
  info: NarInfo,
  storeDir: StoreDir,
  settings: TrustSettings,
): ByteTransform | undefined {
  const { trustedKeys = [], policy, now, requireSigs = true } = settings;
  if (!requireSigs) return undefined;
  return policy === undefined
    ? checkByKeys(info, storeDir, trustedKeys)
    : checkByPolicy(info, storeDir, policy, now);
}

function checkByKeys(
  info: NarInfo,
  storeDir: StoreDir,
  trustedKeys: readonly PublicKey[],
): ByteTransform | undefined {
  const keyring = new Keyring(trustedKeys);
  if (validSigners(info, keyring, { storeDir }).length > 0) return undefined;
  if (isContentAddressed(info, { storeDir })) return contentCheck(info);
  assertSigned(info, keyring, { storeDir });
  return undefined;
}

function checkByPolicy(
  info: NarInfo,
  storeDir: StoreDir,
  policy: CompiledPolicy,
  now: Date | undefined,
): ByteTransform | undefined {
  const decision = policy.evaluate(info, { storeDir, ...(now === undefined ? {} : { now }) });
  if (decision.trusted && !decision.contentMustMatch) return undefined;
  if (decision.trusted) return contentCheck(info);
  const storePath = printStorePath(info.storePath, storeDir);
  const keyNames = info.signatures.map(({ keyName }) => keyName);
  throw new TrustError(
    keyNames.length === 0 ? 'ERR_UNSIGNED' : 'ERR_UNTRUSTED',
    `the policy does not trust ${storePath}: ${decision.text}`,
    { storePath, keyNames },
  );
}
