/**
 * Path infos as the daemon protocol has them.
 *
 * @module
 */
import { parseHash, printDigest } from '../../hash/hash.ts';
import type { PathInfo } from '../../narinfo/path-info.ts';
import { parseSignature, printSignature } from '../../signature/signature.ts';
import { parseContentAddress, printContentAddress } from '../../store-path/content-address.ts';
import type { StoreDir, StorePath } from '../../store-path/store-path.ts';
import { parseStorePath, printStorePath } from '../../store-path/store-path.ts';
import type { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

/** Facts of a path in one store on one machine, which no signature covers. */
export interface RegistrationOptions {
  /** When it came into the store, in seconds since 1970. @default 0, the daemon's present time */
  registrationTime?: number;
  /** Whether it was built by this store: then it needs no signature. @default false */
  ultimate?: boolean;
}

/** Reads all but the path itself; `undefined` members are absent, as everywhere. */
export async function readPathInfo(
  input: WireReader,
  storeDir: StoreDir,
): Promise<(storePath: StorePath) => PathInfo> {
  const deriver = await input.string('a deriver');
  const narHash = await input.string('a NAR hash');
  const references = await input.strings('references');
  await input.uint64('a registration time');
  const narSize = await input.size('a NAR size');
  await input.bool('whether a path is ultimate');
  const signatures = await input.strings('signatures');
  const ca = await input.string('a content address');
  const parse = (path: string): StorePath => parseStorePath(path, { storeDir });
  return (storePath) => ({
    storePath,
    narHash: parseHash(narHash, { algo: 'sha256' }),
    narSize,
    references: [...new Set(references.map(parse))].sort(),
    signatures: signatures.map(parseSignature),
    ...(ca === '' ? {} : { ca: parseContentAddress(ca) }),
    ...(deriver === '' ? {} : { deriver: parse(deriver) }),
  });
}

/** Writes the path and its info. */
export function writePathInfo(
  out: WireWriter,
  info: PathInfo,
  registration: RegistrationOptions,
  storeDir: StoreDir,
): void {
  if (info.narHash.algo !== 'sha256') {
    throw new TypeError(
      `${info.storePath}: the NAR hash must be sha256 for a daemon, not ${info.narHash.algo}`,
    );
  }
  const print = (path: StorePath): string => printStorePath(path, storeDir);
  out.string(print(info.storePath));
  out.string(info.deriver === undefined ? '' : print(info.deriver));
  out.string(printDigest(info.narHash, 'base16'));
  out.strings(info.references.map(print));
  out.uint64(registration.registrationTime ?? 0);
  out.uint64(info.narSize);
  out.bool(registration.ultimate ?? false);
  out.strings(info.signatures.map(printSignature));
  out.string(info.ca === undefined ? '' : printContentAddress(info.ca));
}
