/**
 * What the checks look at: settings, accounts, and where Nix keeps its things.
 */
import { env as processEnv } from 'node:process';
import type { Config } from '../../config.ts';
import { type Account, accountNamed, accountOf, thisAccount } from './accounts.ts';
import { type DaemonProcess, findDaemon, STATE_DIR } from './daemon-process.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface DoctorOptions {
  /** What to call the file of the settings in advice. @default 'upload-queue.conf' */
  readonly configFile?: string;
  /** Where `NIX_CONF_DIR`, `NIX_STATE_DIR`, credentials and the like are looked up. @default process.env */
  readonly env?: Environment;
  /** Whom the service runs as. @default the user nix-upload, or else this one */
  readonly service?: Account;
  /** Whom hooks run as. @default the owner of the Nix store: root, except for single-user Nix */
  readonly hook?: Account;
  /** Where the processes are seen. @default '/proc' */
  readonly proc?: string;
  /** For each check, in milliseconds. @default 20,000 */
  readonly timeoutMs?: number;
  /** The time here, in milliseconds. @default Date.now */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
}

export interface Surroundings {
  readonly config: Config | undefined;
  readonly configFile: string;
  readonly env: Environment;
  /** What the hook sees of the environment: that of the daemon, where this user may read it. */
  readonly hookEnv: Environment;
  readonly storeDir: string;
  readonly stateDir: string;
  readonly service: Account;
  readonly hook: Account;
  readonly daemon: DaemonProcess | undefined;
  readonly now: () => number;
}

/** The user of the units beside this file. */
const SERVICE_USER = 'nix-upload';

export async function surroundings(
  config: Config | undefined,
  options: DoctorOptions,
): Promise<Surroundings> {
  const { env = processEnv, proc = '/proc', now = Date.now } = options;
  const storeDir = config?.storeDir ?? (env['NIX_STORE_DIR'] || '/nix/store');
  const stateDir = env['NIX_STATE_DIR'] || STATE_DIR;
  const daemon = await findDaemon(proc, stateDir);
  return {
    config,
    configFile: options.configFile ?? 'upload-queue.conf',
    env,
    hookEnv: daemon?.env ?? env,
    storeDir,
    stateDir,
    service: options.service ?? (await accountNamed(SERVICE_USER)) ?? (await thisAccount()),
    hook: options.hook ?? (await accountOf(storeDir)) ?? { name: 'root', uid: 0, gid: 0 },
    daemon,
    now,
  };
}
