/**
 * The last look at a finding before it is shown: passwords and secret keys leave it, whatever let them in.
 */
import type { Finding } from './finding.ts';

/** User and password of a URL. */
const LOGIN = /(\/\/)[^/@\s]+@/g;
/** A secret key of Nix has 64 bytes, a public one 32. */
const SECRET_KEY = /:[A-Za-z0-9+/]{80,}={0,2}/g;

export function secretless(finding: Finding): Finding {
  const clean = (text: string): string => text.replaceAll(LOGIN, '$1...@').replaceAll(SECRET_KEY, ':...');
  return {
    ...finding,
    what: clean(finding.what),
    ...(finding.fix === undefined ? {} : { fix: clean(finding.fix) }),
  };
}
