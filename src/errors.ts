/**
 * Errors: few classes, cut by what the catcher does next, each with a stable `code`.
 * Wrong *kinds* of arguments (such as an unknown option) are mistakes and stay `TypeError` / `RangeError`.
 *
 * @module
 */

/** Every code a {@link NarkitError} can carry. */
export type NarkitErrorCode =
  | 'ERR_PARSE_NIX32'
  | 'ERR_PARSE_BASE64'
  | 'ERR_PARSE_HASH'
  | 'ERR_PARSE_STORE_PATH'
  | 'ERR_PARSE_CONTENT_ADDRESS'
  | 'ERR_PARSE_KEY'
  | 'ERR_PARSE_SIGNATURE'
  | 'ERR_PARSE_NAR_INFO'
  | 'ERR_PARSE_CACHE_INFO'
  | 'ERR_PARSE_PATH_INFO'
  | 'ERR_PARSE_LISTING'
  | 'ERR_PARSE_REALISATION'
  | 'ERR_PARSE_DERIVATION'
  | 'ERR_PARSE_STORE_URL'
  | 'ERR_PARSE_NIX_CONF'
  | 'ERR_PARSE_NETRC'
  | 'ERR_NAR_SYNTAX'
  | 'ERR_NAR_TRUNCATED'
  | 'ERR_NAR_LIMIT'
  | 'ERR_NAR_TRAILING'
  | 'ERR_NAR_LISTING'
  | 'ERR_NAR_PATH'
  | 'ERR_FILE_UNSUPPORTED'
  | 'ERR_FILE_CHANGED'
  | 'ERR_FILE_EXISTS'
  | 'ERR_FILE_IO'
  | 'ERR_HASH_MISMATCH'
  | 'ERR_SIZE_MISMATCH'
  | 'ERR_COMPRESSED_DATA'
  | 'ERR_UNTRUSTED'
  | 'ERR_UNSIGNED'
  | 'ERR_STORE_KEY'
  | 'ERR_STORE_DENIED'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_STORE_FAILED'
  | 'ERR_MISSING_CONTAINER'
  | 'ERR_MISSING_PATH'
  | 'ERR_MISSING_NAR'
  | 'ERR_MISSING_REFERENCE'
  | 'ERR_STORE_DIR'
  | 'ERR_NIX_COMMAND'
  | 'ERR_NIX_DAEMON'
  | 'ERR_NIX_DAEMON_UNAVAILABLE'
  | 'ERR_NIX_DAEMON_PROTOCOL'
  | 'ERR_NIX_DATABASE'
  | 'ERR_NIX_DATABASE_BUSY'
  | 'ERR_SPOOL'
  | 'ERR_SPOOL_FULL'
  | 'ERR_SPOOL_LOST'
  | 'ERR_UNSUPPORTED';

/** `Symbol.for`, so that errors of a second copy of the package are recognised too. */
const BRAND = Symbol.for('narkit.error');

/** What all narkit errors share. Catch by class, or by `code` with {@link isNarkitError}. */
export class NarkitError extends Error {
  override readonly name: string = 'NarkitError';
  /** Stable, documented; texts of messages are not. */
  readonly code: NarkitErrorCode;

  constructor(code: NarkitErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** A text does not have the form it should. What to do: mend the input. */
export class ParseError extends NarkitError {
  override readonly name = 'ParseError';
  /** 1-based line of a multi-line text. */
  readonly line: number | undefined;
  /** The field or part that is wrong, such as `NarHash`. */
  readonly field: string | undefined;

  constructor(
    code: NarkitErrorCode,
    message: string,
    options: { line?: number | undefined; field?: string | undefined; cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.line = options.line;
    this.field = options.field;
  }
}

/** An archive, or the file tree it is made of, breaks a rule of the format or of the disk. */
export class NarError extends NarkitError {
  override readonly name = 'NarError';
  /** Byte offset in the NAR at which the fault was seen. */
  readonly offset: number | undefined;
  /** Path inside the NAR (`''` is the root), or on disk for `ERR_FILE_*`. */
  readonly path: string | undefined;

  constructor(
    code: NarkitErrorCode,
    message: string,
    options: { offset?: number | undefined; path?: string | undefined; cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.offset = options.offset;
    this.path = options.path;
  }
}

/** Bytes are not the bytes they were promised to be. What to do: do not use them. */
export class IntegrityError extends NarkitError {
  override readonly name = 'IntegrityError';
  /** What was checked, such as `NAR of /nix/store/...`. */
  readonly subject: string;
  readonly expected: string | undefined;
  readonly actual: string | undefined;

  constructor(
    code: NarkitErrorCode,
    message: string,
    options: { subject: string; expected?: string; actual?: string; cause?: unknown },
  ) {
    super(code, message, options);
    this.subject = options.subject;
    this.expected = options.expected;
    this.actual = options.actual;
  }
}

/** No signature counts, or there is none. What to do: sign, or trust another key. */
export class TrustError extends NarkitError {
  override readonly name = 'TrustError';
  readonly storePath: string;
  /** Names of the keys whose signatures the path carries. */
  readonly keyNames: readonly string[];

  constructor(
    code: NarkitErrorCode,
    message: string,
    options: { storePath: string; keyNames: readonly string[] },
  ) {
    super(code, message);
    this.storePath = options.storePath;
    this.keyNames = options.keyNames;
  }
}

/** A store operation failed: refused (`ERR_STORE_DENIED`), down (`..._UNAVAILABLE`), or otherwise. */
export class StoreError extends NarkitError {
  override readonly name = 'StoreError';
  readonly operation: 'head' | 'get' | 'put' | 'delete' | 'list' | 'open';
  readonly key: string | undefined;
  /** HTTP status, where there is one. */
  readonly status: number | undefined;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(
    code: NarkitErrorCode,
    message: string,
    options: {
      operation: StoreError['operation'];
      key?: string | undefined;
      status?: number | undefined;
      retryable?: boolean;
      cause?: unknown;
    },
  ) {
    super(code, message, options);
    this.operation = options.operation;
    this.key = options.key;
    this.status = options.status;
    this.retryable = options.retryable ?? code === 'ERR_STORE_UNAVAILABLE';
  }
}

/** The Nix daemon refused (`ERR_NIX_DAEMON`), is gone (`..._UNAVAILABLE`), or broke its `..._PROTOCOL`. */
export class NixDaemonError extends NarkitError {
  override readonly name = 'NixDaemonError';
  /** The request, by its name in the protocol, such as `QueryPathInfo`, or `connect`. */
  readonly operation: string;
  /** Whether the same call may succeed later; it is made on another connection. */
  readonly retryable: boolean;
  /** What the daemon was doing, innermost last; its own words. */
  readonly traces: readonly string[];
  /** Bytes received on the connection when an answer stopped making sense. */
  readonly offset: number | undefined;

  constructor(
    code: NarkitErrorCode,
    message: string,
    options: { operation: string; traces?: readonly string[]; offset?: number | undefined; cause?: unknown },
  ) {
    super(code, message, options);
    this.operation = options.operation;
    this.retryable = code === 'ERR_NIX_DAEMON_UNAVAILABLE';
    this.traces = options.traces ?? [];
    this.offset = options.offset;
  }
}

/** Something that must exist does not: a reference, a NAR, a bucket. */
export class MissingError extends NarkitError {
  override readonly name = 'MissingError';
  /** What is missing: a store path, a key, a bucket or a directory. */
  readonly subject: string;

  constructor(code: NarkitErrorCode, message: string, options: { subject: string; cause?: unknown }) {
    super(code, message, options);
    this.subject = options.subject;
  }
}

/** The input is legal, but this set-up cannot do it; the message names what to install or pass. */
export class UnsupportedError extends NarkitError {
  override readonly name = 'UnsupportedError';
  /** The feature, such as `compression lzip`. */
  readonly feature: string;

  constructor(message: string, options: { feature: string; cause?: unknown }) {
    super('ERR_UNSUPPORTED', message, options);
    this.feature = options.feature;
  }
}

/**
 * Whether `err` is a {@link NarkitError}, and, when codes are given, one with such a code.
 * @example
 * ```ts
 * import { isNarkitError, parseStorePath } from 'narkit';
 * try {
 *   parseStorePath('/nix/store/nonsense');
 * } catch (err) {
 *   if (!isNarkitError(err, 'ERR_PARSE_STORE_PATH')) throw err;
 *   console.log(err.code); // ERR_PARSE_STORE_PATH
 * }
 * ```
 */
export function isNarkitError<C extends NarkitErrorCode = NarkitErrorCode>(
  err: unknown,
  ...codes: readonly C[]
): err is NarkitError & { code: C } {
  if (typeof err !== 'object' || err === null || !(BRAND in err)) return false;
  return codes.length === 0 || codes.includes((err as unknown as NarkitError).code as C);
}
