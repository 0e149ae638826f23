/**
 * Options of the requests.
 *
 * @module
 */
import { checkOptions } from '../../options.ts';
import type { NixDaemonBuildMode } from './operations.ts';
import type { RegistrationOptions } from './path-info-wire.ts';

/** Options of every request. */
export interface NixDaemonCallOptions {
  /** Ends the request, and the connection it is on, for the answer can no longer be told. */
  signal?: AbortSignal;
}

/** Options of `queryValidPaths` of {@link NixDaemon}. */
export interface QueryValidPathsOptions extends NixDaemonCallOptions {
  /** Substitute first what can be. @default false */
  substitute?: boolean;
}

/** Options of `buildPaths` of {@link NixDaemon}. */
export interface BuildPathsOptions extends NixDaemonCallOptions {
  /** @default 'normal' */
  mode?: NixDaemonBuildMode;
}

/** Options of `addToStore` of {@link NixDaemon}. */
export interface AddToStoreOptions extends NixDaemonCallOptions {
  /** Write the path again if it is there but damaged. @default false */
  repair?: boolean;
}

/** Options of `addMultipleToStore` of {@link NixDaemon}. */
export interface AddMultipleToStoreOptions extends AddToStoreOptions {
  /** `false`: no signature is needed; it counts only for users that the daemon trusts. @default true */
  checkSigs?: boolean;
}

/** Options of `addToStoreNar` of {@link NixDaemon}. */
export interface AddToStoreNarOptions extends AddMultipleToStoreOptions, RegistrationOptions {}

/** Checks the options of a request, and picks its signal. */
export function signalOf(
  where: string,
  options: NixDaemonCallOptions,
  known: readonly string[] = [],
): AbortSignal | undefined {
  checkOptions(`NixDaemon ${where}`, options, ['signal', ...known]);
  return options.signal;
}
