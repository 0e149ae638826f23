/**
 * What publishing tells, as events of the service.
 */
import type { PublishEvent } from 'narkit/publish';
import { printStorePath, type StoreDir } from 'narkit/store-path';
import type { Tell } from '../events.ts';

/** Made for one call of `publish`. */
export function relay(target: string, storeDir: StoreDir, tell: Tell): (event: PublishEvent) => void {
  // `publish` tells how much was read in all, we how much more.
  const read = new Map<string, number>();
  return (event) => {
    if (event.type === 'start') read.delete(event.info.storePath);
    if (event.type === 'progress') {
      const { storePath } = event.info;
      const bytes = event.bytes - (read.get(storePath) ?? 0);
      read.set(storePath, event.bytes);
      tell({ type: 'progress', target, path: printStorePath(storePath, storeDir), bytes });
    }
    if (event.type === 'done') {
      const { storePath, outcome, narSize, fileSize } = event.receipt;
      read.delete(storePath);
      const path = printStorePath(storePath, storeDir);
      tell({ type: 'published', target, path, outcome, narSize, fileSize });
    }
  };
}
