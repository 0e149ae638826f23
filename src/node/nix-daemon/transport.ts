/**
 * Ways to a Nix daemon: its socket, or a command that speaks the protocol over its standard input and
 * output (`nix-daemon --stdio`, also behind ssh).
 *
 * @module
 */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkOptions } from '../../options.ts';
import { CommandStream } from './command-stream.ts';

/** Opens one connection; called again for each further one. The stream is destroyed when done with. */
export type NixDaemonTransport = () => Duplex | Promise<Duplex>;

/** Where the daemon of a system listens. */
const DEFAULT_SOCKET = '/nix/var/nix/daemon-socket/socket';

/**
 * Connections to a daemon's Unix socket.
 *
 * @param path @default the environment's `NIX_DAEMON_SOCKET_PATH`, or `/nix/var/nix/daemon-socket/socket`
 *
 * @example
 * ```ts
 * import { nixDaemonSocket } from 'narkit/node';
 *
 * const transport = nixDaemonSocket('/mnt/nix/var/nix/daemon-socket/socket');
 * console.log(typeof transport); // function
 * ```
 */
export function nixDaemonSocket(path?: string): NixDaemonTransport {
  return () => connect(path ?? (process.env['NIX_DAEMON_SOCKET_PATH'] || DEFAULT_SOCKET));
}

/** Options of {@link nixDaemonCommand}. */
export interface NixDaemonCommandOptions {
  /** Variables added to the environment of the command. @default {} */
  env?: Readonly<Record<string, string | undefined>>;
}

/**
 * A daemon of one's own for each connection: runs a command, without a shell, that speaks the protocol
 * over its standard input and output.
 *
 * @param command such as `['nix-daemon', '--stdio']` or `['ssh', 'host', 'nix-daemon', '--stdio']`
 *
 * @example
 * ```ts
 * import { nixDaemonCommand } from 'narkit/node';
 *
 * const transport = nixDaemonCommand(['nix-daemon', '--stdio', '--store', '/mnt']);
 * console.log(typeof transport); // function
 * ```
 */
export function nixDaemonCommand(
  command: readonly [program: string, ...args: string[]],
  options: NixDaemonCommandOptions = {},
): NixDaemonTransport {
  checkOptions('nixDaemonCommand', options, ['env']);
  return () => new CommandStream(command, { ...process.env, ...options.env });
}
