/**
 * Writing `.narinfo`, exactly in Nix's form (narinfo.md section 2).
 *
 * @module
 */
import { printHash } from '../hash/hash.ts';
import { checkOptions } from '../options.ts';
import { printSignature } from '../signature/signature.ts';
import { printContentAddress } from '../store-path/content-address.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { printStorePath } from '../store-path/store-path.ts';
import type { NarInfo } from './path-info.ts';

/** Options of {@link printNarInfo}. */
export interface PrintNarInfoOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/**
 * The text of a narinfo, byte for byte as Nix 2.8 writes it: fixed field order, hashes in nix32,
 * references sorted, `References: ` with its space even when there are none, signatures sorted.
 *
 * @throws RangeError for a value that would break the line format, such as a URL with a newline.
 */
export function printNarInfo(info: NarInfo, options: PrintNarInfoOptions = {}): string {
  checkOptions('printNarInfo', options, ['storeDir']);
  const lines = [
    `StorePath: ${printStorePath(info.storePath, options.storeDir)}`,
    `URL: ${info.url}`,
    `Compression: ${info.compression}`,
  ];
  if (info.fileHash !== undefined) lines.push(`FileHash: ${printHash(info.fileHash, 'nix32')}`);
  if (info.fileSize !== undefined) lines.push(`FileSize: ${info.fileSize}`);
  lines.push(
    `NarHash: ${printHash(info.narHash, 'nix32')}`,
    `NarSize: ${info.narSize}`,
    `References: ${[...info.references].sort().join(' ')}`,
  );
  if (info.deriver !== undefined) lines.push(`Deriver: ${info.deriver}`);
  for (const sig of info.signatures.map(printSignature).sort()) lines.push(`Sig: ${sig}`);
  if (info.ca !== undefined) lines.push(`CA: ${printContentAddress(info.ca)}`);
  const bad = lines.find((line) => line.includes('\n'));
  if (bad !== undefined) throw new RangeError(`a narinfo field must not have a newline: ${JSON.stringify(bad)}`);
  return `${lines.join('\n')}\n`;
}
