/**
 * What the entries of the queue say, and in which company each may be tried.
 */
import { parseStorePath, type StoreDir, type StorePath } from 'narkit/store-path';
import type { Built } from '../../publisher.ts';

/** The part of a claim that decides. */
export interface Attempted {
  readonly attempts: number;
  readonly lastError: string | undefined;
}

/** What is kept of a failure; it says which attempt it was, so that attempts without a word show. */
export function failureText(attempt: number, maxAttempts: number, message: string): string {
  return `attempt ${attempt} of ${maxAttempts}: ${message}`;
}

/**
 * Whether its consumer died since it failed last. It may be what it died of, and must not take others
 * with it again.
 */
export function isSuspect({ attempts, lastError = '' }: Attempted): boolean {
  const told = Number(/^attempt (\d{1,9}) of \d+: /.exec(lastError)?.[1] ?? 0);
  return attempts - 1 > told;
}

/**
 * Those that never failed, and those that have: one that fails again would have the others uploaded in
 * parts. Suspects are in neither.
 */
export function companies<T extends Attempted>(claims: readonly T[]): T[][] {
  const calm = claims.filter((claim) => !isSuspect(claim));
  const groups = [calm.filter(({ attempts }) => attempts === 1), calm.filter(({ attempts }) => attempts > 1)];
  return groups.filter((group) => group.length > 0);
}

/** @throws ParseError for a key that is no path of this store. */
export function builtOf(claim: { readonly key: string; readonly data: unknown }, storeDir: StoreDir): Built {
  return { path: parseStorePath(claim.key, { storeDir }), drvPath: derivationOf(claim.data, storeDir) };
}

function derivationOf(data: unknown, storeDir: StoreDir): StorePath | undefined {
  if (typeof data !== 'object' || data === null || !('drvPath' in data)) return undefined;
  try {
    return parseStorePath(String(data.drvPath), { storeDir });
  } catch {
    // The path itself can be published without.
    return undefined;
  }
}

/** What to say of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
