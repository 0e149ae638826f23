/**
 * What to say when an optional package cannot be loaded. Private.
 *
 * The `import()` itself stays at the caller, inside a `try`: bundlers then leave out a package that
 * is not installed, instead of failing.
 *
 * @module
 */
import { UnsupportedError } from '../errors.ts';

/** An error that names the package to install; `cause` is what `import()` threw. */
export function missingPeer(compression: string, peer: string, cause: unknown): UnsupportedError {
  return new UnsupportedError(
    `reading ${compression} needs the optional package '${peer}', which could not be loaded: install it beside narkit`,
    { feature: `compression ${compression}`, cause },
  );
}
