/**
 * The first words on a connection: versions, features, trust, and the settings of the client.
 *
 * @module
 */
import { UnsupportedError } from '../../errors.ts';
import type { Link } from './link.ts';
import { type LogOptions, readLog } from './log.ts';
import { WireWriter } from './wire-writer.ts';

const CLIENT_MAGIC = 0x6e697863;
const SERVER_MAGIC = 0x6478696f;

/** Minor numbers of the protocol versions spoken here: Nix 2.3, and what current Nix sends. */
export const OLDEST = 21;
export const NEWEST = 38;

/** What a daemon says of itself. */
export interface NixDaemonInfo {
  /** Of the protocol, as agreed: the lower of both sides' versions, such as `1.34`. */
  readonly protocol: string;
  /** Of Nix, such as `2.8.0`; `undefined` below protocol 1.33. */
  readonly version: string | undefined;
  /** Whether it trusts this user; `undefined` where it does not say, as below protocol 1.35. */
  readonly trusted: boolean | undefined;
  /** Optional features of the protocol that the daemon offers (none is used here). */
  readonly features: readonly string[];
}

/** A connection that is ready for requests. */
export interface Greeting {
  /** Minor number of the agreed protocol. */
  readonly minor: number;
  readonly info: NixDaemonInfo;
}

/** Greets, as the protocol's version `1.<newest>` or what the daemon has below it. */
export async function greet(link: Link, newest: number, onLog: LogOptions['onLog']): Promise<Greeting> {
  const { input } = link;
  const hello = new WireWriter();
  hello.uint64(CLIENT_MAGIC);
  hello.uint64(0x100 | newest);
  await link.write(hello.finish());
  const magic = await input.uint64('the greeting');
  if (magic !== SERVER_MAGIC) throw input.bad(`0x${magic.toString(16)} is no greeting of a Nix daemon`);
  const theirs = await input.uint64('the version');
  if (theirs > 0xffff || theirs >> 8 !== 1) throw input.bad(`0x${theirs.toString(16)} is no known version`);
  const minor = Math.min(theirs & 0xff, newest);
  if (minor < OLDEST) {
    throw new UnsupportedError(
      `the Nix daemon speaks protocol 1.${minor}; from 1.${OLDEST} (Nix 2.3) on it is understood`,
      { feature: `Nix daemon protocol 1.${minor}` },
    );
  }
  const rest = new WireWriter();
  if (minor >= 38) rest.strings([]);
  // Two values of long ago: CPU affinity, and space to reserve.
  rest.uint64(0);
  rest.uint64(0);
  await link.write(rest.finish());
  const features = minor >= 38 ? await input.strings('features') : [];
  const version = minor >= 33 ? await input.string('the version of Nix') : undefined;
  const trust = minor >= 35 ? await input.uint64('the trust') : 0;
  if (trust > 2) throw input.bad(`${trust} is no level of trust`);
  await readLog(input, { minor, onLog });
  const trusted = trust === 0 ? undefined : trust === 1;
  return { minor, info: { protocol: `1.${minor}`, version, trusted, features } };
}
