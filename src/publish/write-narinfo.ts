/**
 * The last step of publishing a path: its narinfo, after its NAR and its references.
 *
 * @module
 */
import { utf8 } from '../bytes/bytes.ts';
import type { BinaryCache } from '../cache/binary-cache.ts';
import { narInfoKey } from '../cache/layout.ts';
import { editNarInfoDocument, printNarInfoDocument } from '../narinfo/document.ts';
import type { NarInfo } from '../narinfo/path-info.ts';
import { printNarInfo } from '../narinfo/print.ts';
import { signPathInfo } from '../narinfo/sign.ts';
import { mergeSignatures } from '../signature/signature.ts';
import type { Signer } from '../signature/signer.ts';
import type { WritableStore } from '../store/store.ts';
import type { StorePath } from '../store-path/store-path.ts';
import type { PlanItem } from './plan.ts';
import type { Receipt } from './progress.ts';
import type { UploadContext } from './upload-nar.ts';
import { toNarInfo } from './upload-nar.ts';
import type { Uploads } from './uploads.ts';

/** What is not just there. */
export type KnownItem = Exclude<PlanItem, { action: 'exists' }>;

/**
 * Makes one path of a plan complete in the cache.
 *
 * @param receipts those of the paths before this one in topological order.
 */
export async function publishNarInfo(
  context: UploadContext,
  item: KnownItem,
  signers: readonly Signer[],
  uploads: Uploads,
  receipts: ReadonlyMap<StorePath, Promise<unknown>>,
): Promise<Receipt> {
  const { cache, signal } = context;
  const { info } = item;
  if (item.action === 'present' || item.action === 'differs') return toReceipt(item.narInfo, item.action);
  if (item.action === 'resign') {
    // Signatures that came with the path are as good as those of the signers: none is dropped.
    const merged = { ...item.narInfo, signatures: mergeSignatures(item.narInfo.signatures, info.signatures) };
    const signed = await signPathInfo(merged, signers, { storeDir: cache.storeDir });
    const document = editNarInfoDocument(item.document, { signatures: signed.signatures });
    await putNarInfo(cache, signed.storePath, printNarInfoDocument(document), signal);
    return toReceipt(signed, 'resigned');
  }
  const nar = await uploads.finished(info);
  for (const path of info.references) {
    if (path !== info.storePath) await receipts.get(path);
  }
  const signed = await signPathInfo(toNarInfo(info, nar), signers, { storeDir: cache.storeDir });
  await putNarInfo(cache, signed.storePath, printNarInfo(signed, { storeDir: cache.storeDir }), signal);
  return toReceipt(signed, nar.outcome, nar.etag);
}

async function putNarInfo(
  cache: BinaryCache<WritableStore>,
  path: StorePath,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const body = utf8(text);
  await cache.store.put(narInfoKey(path), body, {
    size: body.length,
    contentType: 'text/x-nix-narinfo',
    signal,
  });
}

function toReceipt(info: NarInfo, outcome: Receipt['outcome'], etag?: string): Receipt {
  const { storePath, narHash, narSize, url, compression, fileHash, fileSize, signatures } = info;
  return {
    storePath,
    outcome,
    narHash,
    narSize,
    url,
    compression,
    ...(fileHash === undefined ? {} : { fileHash }),
    ...(fileSize === undefined ? {} : { fileSize }),
    ...(etag === undefined ? {} : { etag }),
    signatures,
  };
}
