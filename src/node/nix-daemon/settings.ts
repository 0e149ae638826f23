/**
 * The options of `NixDaemon`, checked, with their defaults.
 *
 * @module
 */
import { checkOptions } from '../../options.ts';
import type { StoreDir } from '../../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR } from '../../store-path/store-path.ts';
import { NEWEST, OLDEST } from './handshake.ts';
import type { NixDaemonEvent } from './log.ts';
import { type NixDaemonTransport, nixDaemonSocket } from './transport.ts';

/** Options of {@link NixDaemon}. */
export interface NixDaemonOptions {
  /** The way to the daemon. @default nixDaemonSocket() */
  transport?: NixDaemonTransport;
  /** @default '/nix/store' */
  storeDir?: StoreDir;
  /** Most connections at once, each for one request at a time; opened when needed. @default 4 */
  connections?: number;
  /** Milliseconds that the daemon may take for a step of the greeting. @default 30000 */
  connectTimeoutMs?: number;
  /**
   * Milliseconds without a byte from or to the daemon, while it is waited for, after which a connection
   * is given up. Builds, substitutions and waiting for locks can be silent for long.
   * @default unlimited
   */
  timeoutMs?: number;
  /** Called with what daemons say meanwhile; what it throws breaks the connection. @default ignored */
  onLog?: (event: NixDaemonEvent) => void;
  /** How much daemons say: 0 errors, 3 information, 7 everything. @default the daemon's own */
  verbosity?: number;
  /**
   * Settings of nix.conf for these connections. Of users that it does not trust, a daemon takes few.
   * Once `settings` or `verbosity` are given, Nix's defaults count instead of what the daemon's
   * nix.conf says of keep-failed, keep-going, fallback, max-jobs, cores, max-silent-time and substitute.
   * @default none
   */
  settings?: Readonly<Record<string, string>>;
  /**
   * Newest protocol to speak, as the minor number of `1.<minor>`: 21 to 38.
   * @default 38
   */
  protocolMinor?: number;
}

/** Options with all defaults filled in. */
export interface Settings {
  readonly transport: NixDaemonTransport;
  readonly storeDir: StoreDir;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number | undefined;
  readonly onLog: ((event: NixDaemonEvent) => void) | undefined;
  readonly verbosity: number | undefined;
  readonly settings: Readonly<Record<string, string>> | undefined;
  readonly minor: number;
}

const OPTIONS = [
  'transport',
  'storeDir',
  'connections',
  'connectTimeoutMs',
  'timeoutMs',
  'onLog',
  'verbosity',
  'settings',
  'protocolMinor',
];

/** @throws TypeError for unknown options; RangeError for numbers that make no sense. */
export function daemonSettings(options: NixDaemonOptions): Settings {
  checkOptions('NixDaemon', options, OPTIONS);
  const { connections = 4, connectTimeoutMs = 30_000, timeoutMs, verbosity, protocolMinor } = options;
  const longest = 2 ** 31 - 1;
  checkRange('connections', connections, 1, 1024);
  checkRange('connectTimeoutMs', connectTimeoutMs, 1, longest);
  if (timeoutMs !== undefined) checkRange('timeoutMs', timeoutMs, 1, longest);
  if (verbosity !== undefined) checkRange('verbosity', verbosity, 0, 7);
  if (protocolMinor !== undefined) checkRange('protocolMinor', protocolMinor, OLDEST, NEWEST);
  return {
    transport: options.transport ?? nixDaemonSocket(),
    storeDir: checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR),
    connections,
    connectTimeoutMs,
    timeoutMs,
    onLog: options.onLog,
    verbosity,
    settings: options.settings,
    minor: protocolMinor ?? NEWEST,
  };
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`NixDaemon: ${name} must be an integer from ${least} to ${most}, not ${value}`);
}
