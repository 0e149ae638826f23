/**
 * Writing `.narinfo`, exactly in Nix's form (narinfo.md section 2).
 *
 * @module
 */
import { printHash } from '../hash/hash.ts';
import { checkOptions } from '../options.ts';
import { compareSignatures, printSignature, type Signature } from '../signature/signature.ts';
import { printContentAddress } from '../store-path/content-address.ts';
import type { StoreDir } from '../store-path/store-path.ts';
import { checkStoreDir, DEFAULT_STORE_DIR, printStorePath } from '../store-path/store-path.ts';
import { type NarInfo, sortedReferences } from './path-info.ts';

/** Options of {@link printNarInfo}. */
export interface PrintNarInfoOptions {
  /** @default '/nix/store' */
  storeDir?: StoreDir;
}

/**
 * The text of a narinfo, byte for byte as Nix writes it: fixed field order, hashes in nix32,
 * references sorted and each once, `References: ` with its space even when there are none, signatures
 * sorted and each once.
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
  const { fileHash, fileSize, deriver, ca } = info;
  const lines = [
    `StorePath: ${printStorePath(info.storePath, storeDir)}`,
    `URL: ${info.url}`,
    `Compression: ${info.compression}`,
  ];
  if (fileHash !== undefined) lines.push(`FileHash: ${printHash(fileHash, 'nix32')}`);
  if (fileSize) lines.push(`FileSize: ${fileSize}`);
  lines.push(
    `NarHash: ${printHash(info.narHash, 'nix32')}`,
    `NarSize: ${info.narSize}`,
    `References: ${sortedReferences(info.references).join(' ')}`,
  );
  if (deriver !== undefined) lines.push(`Deriver: ${deriver}`);
  for (const signature of sortedSignatures(info.signatures)) lines.push(`Sig: ${printSignature(signature)}`);
  if (ca !== undefined) lines.push(`CA: ${printContentAddress(ca)}`);
  const text = `${lines.join('\n')}\n`;
  // Looked for in the whole text first: that is faster than line by line.
  if (countNewlines(text) === lines.length) return text;
  const bad = lines.find((line) => line.includes('\n'));
  throw new RangeError(`a narinfo field must not have a newline: ${JSON.stringify(bad)}`);
}

/** By key name and bytes, each once. */
function sortedSignatures(signatures: readonly Signature[]): readonly Signature[] {
  if (signatures.length < 2) return signatures;
  const sorted = signatures.toSorted(compareSignatures);
  return sorted.filter(
    (signature, at) => at === 0 || compareSignatures(sorted[at - 1] as Signature, signature) !== 0,
  );
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function checkSize(field: string, size: number, least: number): void {
  if (Number.isSafeInteger(size) && size >= least) return;
  throw new RangeError(`${field} must be an integer from ${least} to 2^53-1, not ${size}`);
}
