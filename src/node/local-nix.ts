/**
 * The Nix store of this machine, by whatever way there is to it.
 *
 * @module
 */
import type { NarkitError } from '../errors.ts';
import { isNarkitError, UnsupportedError } from '../errors.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import { checkOptions } from '../options.ts';
import type { StoreDir, StorePath } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, parseBaseName } from '../store-path/store-path.ts';
import { NixCommand } from './nix-command.ts';
import { NixDaemon } from './nix-daemon/nix-daemon.ts';
import { nixDaemonSocket } from './nix-daemon/transport.ts';
import { DEFAULT_STATE_DIR, NixDatabase } from './nix-database.ts';

/** Questions that {@link NixDaemon}, {@link NixDatabase} and {@link NixCommand} answer alike. */
export interface LocalNixStore {
  readonly storeDir: StoreDir;
  /** Infos of paths; a path that is not valid in the store maps to `undefined`. */
  pathInfos(paths: Iterable<StorePath>): Promise<Map<StorePath, PathInfo | undefined>>;
  /** Infos of the closure of `paths`, references before what refers to them. */
  closure(paths: Iterable<StorePath>): Promise<PathInfo[]>;
  /** Output paths of a derivation. */
  outputs(drvPath: StorePath): Promise<StorePath[]>;
}

/** A way to the local store. */
export type LocalNixKind = 'daemon' | 'database' | 'command';

/** A way that was tried in vain. */
export interface LocalNixFailure {
  readonly kind: LocalNixKind;
  readonly error: NarkitError;
}

/** One of the ways, open. */
export type LocalNixWay =
  | { readonly kind: 'daemon'; readonly nix: NixDaemon }
  | { readonly kind: 'database'; readonly nix: NixDatabase }
  | { readonly kind: 'command'; readonly nix: NixCommand };

/** The way that was picked, and why. */
export type LocalNix = LocalNixWay &
  AsyncDisposable & {
    /** What was tried before, in this order, and how it failed. */
    readonly tried: readonly LocalNixFailure[];
    /** One line for a log: what is used, and why nothing before it. */
    readonly why: string;
    /** Ends its connections. */
    close(): Promise<void>;
  };

/** Options of {@link localNix}. */
export interface LocalNixOptions {
  /** What to try, in this order; one alone forces it. @default ['daemon', 'database', 'command'] */
  kinds?: readonly LocalNixKind[];
  /** @default the environment's `NIX_STORE_DIR`, or '/nix/store' */
  storeDir?: StoreDir;
  /** @default the environment's `NIX_STATE_DIR`, or '/nix/var/nix' */
  stateDir?: string;
  /** Root of a store elsewhere (`local?root=`), which has no daemon; not together with `stateDir`. @default none */
  root?: string;
  /**
   * Socket of the daemon.
   * @default the environment's `NIX_DAEMON_SOCKET_PATH`, unless `stateDir` is given, or
   *   `daemon-socket/socket` in the state directory
   */
  socket?: string;
  /** Directory of Nix's programs. @default as for NixCommand */
  binDir?: string;
  /** Variables to read instead of those of this process; commands get them in addition to those. @default process.env */
  env?: Readonly<Record<string, string | undefined>>;
  /** Ends the search. */
  signal?: AbortSignal;
}

/** Where everything is. */
interface Places {
  readonly storeDir: StoreDir;
  readonly stateDir: string;
  readonly socket: string;
  readonly options: LocalNixOptions;
}

const KINDS: readonly LocalNixKind[] = ['daemon', 'database', 'command'];
const OPTIONS = ['kinds', 'storeDir', 'stateDir', 'root', 'socket', 'binDir', 'env', 'signal'];

/** Milliseconds for each step of the greeting: one that is alive takes few of them. */
const GREETING_MS = 5000;

/** A path that no store has, to see whether a command answers at all. */
const NOWHERE: StorePath = parseBaseName('00000000000000000000000000000000-nowhere');

/**
 * Finds a way to the Nix store of this machine that answers: its daemon, else its database, else its
 * command line. Path infos and closures are equal from all three.
 *
 * @throws UnsupportedError when none answers; its message has the reason of each. ParseError
 *   `ERR_PARSE_STORE_PATH` for a store directory that is none.
 *
 * @example
 * ```ts no-run
 * import { localNix } from 'narkit/node';
 * import { parseStorePath } from 'narkit/store-path';
 *
 * await using local = await localNix();
 * console.log(local.why);
 * console.log(await local.nix.closure([parseStorePath('/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt')]));
 * ```
 */
export async function localNix(options: LocalNixOptions = {}): Promise<LocalNix> {
  checkOptions('localNix', options, OPTIONS);
  const { kinds = KINDS, signal } = options;
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined || kinds.length === 0)
    throw new TypeError(`localNix: kinds must be some of ${KINDS.join(', ')}, not ${unknown ?? 'none'}`);
  if (options.root !== undefined && options.stateDir !== undefined)
    throw new TypeError("localNix: 'root' says where the state directory is; give only one of them");
  const places = placesOf(options);
  const tried: LocalNixFailure[] = [];
  for (const kind of kinds) {
    signal?.throwIfAborted();
    try {
      const found = await OPEN[kind](places);
      const why = [...tried.map(line), `${kind}: it answers`].join('; ');
      return { ...found, tried, why, [Symbol.asyncDispose]: found.close };
    } catch (error) {
      signal?.throwIfAborted();
      if (!isNarkitError(error)) throw error;
      tried.push({ kind, error });
    }
  }
  throw new UnsupportedError(`no way to a local Nix store: ${tried.map(line).join('; ')}`, {
    feature: 'local Nix store',
    cause: new AggregateError(tried.map(({ error }) => error)),
  });
}

type Found = LocalNixWay & Pick<LocalNix, 'close'>;

/** Each opens a way and asks something, for what is there need not work. */
const OPEN: Readonly<Record<LocalNixKind, (places: Places) => Promise<Found>>> = {
  daemon: async ({ storeDir, socket, options: { root, signal } }) => {
    if (root !== undefined)
      throw new UnsupportedError('a store with a root of its own has no daemon', { feature: 'Nix daemon' });
    const transport = nixDaemonSocket(socket);
    const nix = new NixDaemon({ transport, storeDir, connectTimeoutMs: GREETING_MS });
    const close = (): Promise<void> => nix.close();
    try {
      await nix.info(signal === undefined ? {} : { signal });
    } catch (err) {
      await close();
      throw err;
    }
    return { kind: 'daemon', nix, close };
  },
  database: async ({ storeDir, stateDir, options: { signal } }) => {
    const nix = await NixDatabase.open({ storeDir, stateDir, ...(signal === undefined ? {} : { signal }) });
    const close = async (): Promise<void> => nix.close();
    return { kind: 'database', nix, close };
  },
  command: async ({ storeDir, stateDir, socket, options: { root, binDir, env = {}, signal } }) => {
    const own = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
    const elsewhere = { NIX_STATE_DIR: stateDir, NIX_DAEMON_SOCKET_PATH: socket };
    const command = {
      storeDir,
      ...(binDir === undefined ? {} : { binDir }),
      ...(root === undefined ? {} : { store: `local?root=${root}` }),
      env: { ...Object.fromEntries(own), NIX_STORE_DIR: storeDir, ...(root === undefined ? elsewhere : {}) },
    };
    // A signal of the command lasts for all that it does, and this one is for the search only.
    await new NixCommand({ ...command, ...(signal === undefined ? {} : { signal }) }).pathInfos([NOWHERE]);
    const close = async (): Promise<void> => {};
    return { kind: 'command', nix: new NixCommand(command), close };
  },
};

/** As Nix finds them; what the options say counts before the environment. */
function placesOf(options: LocalNixOptions): Places {
  const { root, env = process.env } = options;
  const storeDir = checkStoreDir(options.storeDir ?? (env['NIX_STORE_DIR'] || DEFAULT_STORE_DIR));
  const given = root === undefined ? options.stateDir : root + DEFAULT_STATE_DIR;
  const stateDir = given ?? (env['NIX_STATE_DIR'] || DEFAULT_STATE_DIR);
  // The variable is of the store that the rest of the environment is of.
  const named = given === undefined ? env['NIX_DAEMON_SOCKET_PATH'] : undefined;
  const socket = options.socket ?? (named || `${stateDir}/daemon-socket/socket`);
  return { storeDir, stateDir, socket, options };
}

function line({ kind, error }: LocalNixFailure): string {
  return `${kind}: ${error.message}`;
}
