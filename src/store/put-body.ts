/**
 * The body of a `put`, as every store reads it: counted against the promised size, and cut off by
 * the caller's signal even while the source hangs.
 *
 * @module
 */
import { cutOff } from '../bytes/cut-off.ts';
import { type ByteSource, toAsyncIterable } from '../bytes/stream.ts';
import { IntegrityError } from '../errors.ts';

/** The names of the options every `put` takes, for `checkOptions`. */
export const PUT_OPTIONS: readonly string[] = [
  'signal',
  'size',
  'contentType',
  'cacheControl',
  'metadata',
  'ifAbsent',
];

/** What {@link readBody} checks. */
export interface BodyRules {
  readonly key: string;
  /** Bytes promised; `undefined`: any number will do. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what {@link readBody} throws: through a pipe or a fetch, it would not be known again. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/**
 * The non-empty chunks of `body`. What the source throws passes unchanged.
 *
 * @throws IntegrityError `ERR_SIZE_MISMATCH` when the body is not `size` bytes long.
 * @throws The signal's reason.
 */
export async function* readBody(body: ByteSource, rules: BodyRules): AsyncGenerator<Uint8Array> {
  try {
    yield* counted(body, rules);
  } catch (error) {
    rules.onFailure?.(error);
    throw error;
  }
}

async function* counted(body: ByteSource, rules: BodyRules): AsyncGenerator<Uint8Array> {
  const { key, size, signal } = rules;
  const source = toAsyncIterable(body);
  let length = 0;
  for await (const chunk of signal === undefined ? source : cutOff(source, signal)) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError(`object ${key}: its body yielded no Uint8Array`);
    length += chunk.length;
    if (size !== undefined && length > size) throw wrongSize(key, size, `at least ${length}`);
    if (chunk.length > 0) yield chunk;
  }
  checkSize(key, length, size);
}

/** @throws IntegrityError `ERR_SIZE_MISMATCH` for a body that is not as long as promised. */
export function checkSize(key: string, length: number, size: number | undefined): void {
  if (size !== undefined && length !== size) throw wrongSize(key, size, String(length));
}

/** Lets go of a body that is not going to be read. */
export function discardBody(body: ByteSource): void {
  if (body instanceof Uint8Array) return;
  if ('cancel' in body) {
    if (!body.locked) body.cancel().catch(() => {});
  } else {
    endIterator(toAsyncIterable(body)[Symbol.asyncIterator]());
  }
}

function wrongSize(key: string, size: number, actual: string): IntegrityError {
  const subject = `object ${key}`;
  return new IntegrityError(
    'ERR_SIZE_MISMATCH',
    `${subject}: the body has ${actual} bytes, but 'size' promised ${size}; nothing was stored`,
    { subject, expected: String(size), actual },
  );
}

/** Not awaited: nobody waits for the end of what is not wanted. */
function endIterator(iterator: AsyncIterator<Uint8Array>): void {
  iterator.return?.().then(undefined, () => {});
}
