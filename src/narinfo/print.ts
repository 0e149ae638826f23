/**
 * Writing `.narinfo`, exactly in Nix's form (narinfo.md section 2).
 *
 * @module
 */
import { printHash } from '../hash/hash.ts';
import { checkOptions } from '../options.ts';
import { compareSignatures, printSignature } from '../signature/signature.ts';
import { printContentAddress } from '../store-path/content-address.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, printStorePath } from '../store-path/store-path.ts';
import type { NarInfo } from './path-info.ts';

/** Options of {@link printNarInfo}. */
export interface PrintNarInfoOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/**
 * The text of a narinfo, byte for byte as Nix writes it: fixed field order, hashes in nix32,
 * references sorted and each once, `References: ` with its space even when there are none, signatures sorted.
 *
 * @throws RangeError for a value that would not be read back: a field with a newline, an empty URL or
 *   compression (it would be read as bzip2), a size that is no integer from 0 to 2^53-1, a NAR size of 0.
 */
export function printNarInfo(info: NarInfo, options: PrintNarInfoOptions = {}): string {
  checkOptions('printNarInfo', options, ['storeDir']);
  const storeDir = checkStoreDir(options.storeDir ?? DEFAULT_STORE_DIR);
  if (info.url === '' || info.compression === '') {
    throw new RangeError(`the narinfo of ${info.storePath} needs a URL and a compression`);
  }
  checkSize('NarSize', info.narSize, 1);
  checkSize('FileSize', info.fileSize ?? 0, 0);
  const lines = [
    `StorePath: ${printStorePath(info.storePath, storeDir)}`,
    `URL: ${info.url}`,
    `Compression: ${info.compression}`,
  ];
  if (info.fileHash !== undefined) lines.push(`FileHash: ${printHash(info.fileHash, 'nix32')}`);
  if (info.fileSize) lines.push(`FileSize: ${info.fileSize}`);
  lines.push(
    `NarHash: ${printHash(info.narHash, 'nix32')}`,
    `NarSize: ${info.narSize}`,
    `References: ${[...new Set(info.references)].sort().join(' ')}`,
  );
  if (info.deriver !== undefined) lines.push(`Deriver: ${info.deriver}`);
  for (const sig of [...info.signatures].sort(compareSignatures)) lines.push(`Sig: ${printSignature(sig)}`);
  if (info.ca !== undefined) lines.push(`CA: ${printContentAddress(info.ca)}`);
  const bad = lines.find((line) => line.includes('\n'));
  if (bad !== undefined)
    throw new RangeError(`a narinfo field must not have a newline: ${JSON.stringify(bad)}`);
  return `${lines.join('\n')}\n`;
}

function checkSize(field: string, size: number, least: number): void {
  if (Number.isSafeInteger(size) && size >= least) return;
  throw new RangeError(`${field} must be an integer from ${least} to 2^53-1, not ${size}`);
}
