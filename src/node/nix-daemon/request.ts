/**
 * What a request is: bytes to send, perhaps a body, and how to read the answer.
 *
 * @module
 */
import type { ByteSource } from '../../bytes/stream.ts';
import type { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

/** One operation with its arguments. */
export interface Request<T> {
  /** Its name in the protocol. */
  readonly name: string;
  readonly op: number;
  /** Minor number of the first protocol version that has it in this form. @default 21 */
  readonly since?: number;
  /** Writes the arguments. */
  readonly write?: (out: WireWriter, minor: number) => void;
  readonly body?: RequestBody;
  /**
   * Reads the answer to its end, and returns what makes sense of it: a value that is not understood
   * then leaves the connection in order.
   */
  readonly read: (input: WireReader) => Promise<() => T>;
}

/** Bytes of unknown length that follow the arguments. */
export interface RequestBody {
  readonly source: ByteSource;
  /**
   * Whether the daemon refuses it when it is cut off, as it does NARs with their hash. If not, the
   * connection must be broken to stop it.
   */
  readonly guarded: boolean;
}
