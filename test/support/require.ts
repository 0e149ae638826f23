/**
 * Components that tests need but a fresh machine lacks: skipped plainly, unless `NARKIT_REQUIRE`
 * (a comma list of `nix`, `s3`) says that they must be there.
 */
import type { TestContext } from 'node:test';

export type Component = 'nix' | 's3';

const required = new Set((process.env['NARKIT_REQUIRE'] ?? '').split(',').map((name) => name.trim()));

/** `true` when available; otherwise skips the test, or fails it when the component is required. */
export function need(t: TestContext, component: Component, available: boolean, what: string): boolean {
  if (available) return true;
  if (required.has(component))
    throw new Error(`NARKIT_REQUIRE names '${component}', but ${what} is not available`);
  t.skip(`${what} is not available`);
  return false;
}
