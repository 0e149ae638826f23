/**
 * NARs out of the daemon's store.
 *
 * @module
 */
import { toReadableStream } from '../../bytes/stream.ts';
import { MissingError } from '../../errors.ts';
import type { StoreDir, StorePath } from '../../store-path/store-path.ts';
import { printStorePath } from '../../store-path/store-path.ts';
import type { Operations } from './operations.ts';
import type { ConnectionPool } from './pool.ts';

/** Opens the NAR of a path; the stream takes a connection until its end. */
export async function narFromPath(
  pool: ConnectionPool,
  operations: Operations,
  target: { readonly path: StorePath; readonly storeDir: StoreDir },
  signal: AbortSignal | undefined,
): Promise<ReadableStream<Uint8Array>> {
  const { path, storeDir } = target;
  const connection = await pool.lease(signal);
  const release = (): void => pool.release(connection);
  try {
    // Asked for another path, some daemons fail after they said that all is well.
    if (!(await connection.perform(operations.isValidPath(path), signal))) {
      const subject = printStorePath(path, storeDir);
      throw new MissingError('ERR_MISSING_PATH', `${subject} is not valid in the Nix store`, { subject });
    }
    return toReadableStream(await connection.nar(operations.narFromPath(path), signal, release));
  } catch (err) {
    release();
    throw err;
  }
}
