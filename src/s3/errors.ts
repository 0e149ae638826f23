/**
 * What the SDK throws, told as one of our errors: absent, denied, down, or otherwise failed.
 *
 * @module
 */
import { isNarkitError, MissingError, StoreError } from '../errors.ts';

/** The request an error belongs to. */
export interface S3Call {
  readonly operation: StoreError['operation'];
  readonly bucket: string;
  /** The whole key, the store's prefix included. */
  readonly objectKey?: string | undefined;
  /** The key as the caller wrote it. */
  readonly key?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is looked at in an error of the SDK. */
export interface S3Fault {
  /** S3's error code such as `NoSuchKey`, or the name of the error. */
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  /** Region of the bucket, where the answer told it. */
  readonly region: string | undefined;
}

interface SdkError {
  name?: string;
  message?: string;
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
  $response?: { statusCode?: number; headers?: Record<string, string> };
}

/** Reads an error of the SDK. */
export function s3Fault(err: unknown): S3Fault {
  const { name = 'Error', message = '', $metadata, $response } = (err ?? {}) as SdkError;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  return { name, message, status, region: $response?.headers?.['x-amz-bucket-region'] };
}

/** S3's codes for "not now" that come with any status; the list is Nix's (store-protocols, HTTP behaviour). */
const TRANSIENT = new Set([
  'IncompleteBody',
  'InternalError',
  'InternalFailure',
  'InternalServerError',
  'RequestTimeout',
  'RequestTimeoutException',
  'RequestThrottled',
  'RequestThrottledException',
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'TimeoutError',
]);

/** Codes of failed connections in Node, Deno and Bun. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ConnectionRefused',
  'ConnectionClosed',
]);

/** Codes of 400 answers that are about who asks. */
const DENIED = new Set([
  'AccessDenied',
  'AllAccessDisabled',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  'CredentialsProviderError',
  'AuthorizationHeaderMalformed',
]);

/**
 * The error to throw for `err`: the signal's reason when the call was aborted, `MissingError` for a
 * bucket that does not exist, else a {@link StoreError}. Messages hold codes and names, never
 * credentials; the SDK's error is the `cause`.
 */
export function s3Error(err: unknown, call: S3Call): unknown {
  if (call.signal?.aborted) return call.signal.reason;
  if (isNarkitError(err)) return err;
  const fault = s3Fault(err);
  const { operation, bucket, key } = call;
  const { status } = fault;
  if (fault.name === 'NoSuchBucket') return noSuchBucket(bucket, err);
  const what = `${operation} ${call.objectKey === undefined ? `s3://${bucket}` : `s3://${bucket}/${call.objectKey}`}`;
  // `Unknown` is the SDK's word for an answer without a body, such as every failed HEAD.
  const named = fault.name === 'Error' || fault.name.startsWith('Unknown') ? undefined : fault.name;
  const told = [status, named].filter((part) => part !== undefined).join(' ');
  const code = told === '' ? '' : ` (${told})`;
  const text = fault.message === '' || fault.message === 'UnknownError' ? '' : `: ${fault.message}`;
  const details = { operation, key, status, cause: err };
  if (status === 401 || status === 403 || DENIED.has(fault.name)) {
    return new StoreError(
      'ERR_STORE_DENIED',
      `${what}: denied${code}${text}; ${deniedHint(fault, operation)}`,
      details,
    );
  }
  if (isTransient(err, fault)) {
    return new StoreError(
      'ERR_STORE_UNAVAILABLE',
      `${what}: the server is not available${code}${text}`,
      details,
    );
  }
  const elsewhere =
    fault.region === undefined || status === undefined || status >= 400
      ? ''
      : `; its region is ${fault.region}`;
  return new StoreError('ERR_STORE_FAILED', `${what}: failed${code}${text}${elsewhere}`, details);
}

/** The error for a bucket that does not exist. */
export function noSuchBucket(bucket: string, cause?: unknown): MissingError {
  return new MissingError(
    'ERR_MISSING_CONTAINER',
    `there is no bucket '${bucket}': create it, or check its name and the endpoint`,
    {
      subject: bucket,
      cause,
    },
  );
}

function isTransient(err: unknown, fault: S3Fault): boolean {
  const { status } = fault;
  if (status !== undefined && status >= 500) return status !== 501 && status !== 505 && status !== 511;
  if (status === 408 || status === 429 || TRANSIENT.has(fault.name)) return true;
  for (let cause = err, depth = 0; typeof cause === 'object' && cause !== null && depth < 4; depth++) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && (NETWORK.has(code) || code.startsWith('UND_ERR_'))) return true;
    cause = (cause as { cause?: unknown }).cause;
  }
  // What `fetch` says of every failed connection.
  return err instanceof TypeError && status === undefined && /fetch|network/i.test(fault.message);
}

function deniedHint(fault: S3Fault, operation: StoreError['operation']): string {
  switch (fault.name) {
    case 'SignatureDoesNotMatch':
      return 'the secret access key is not the one of this access key id';
    case 'InvalidAccessKeyId':
      return 'the server does not know this access key id';
    case 'CredentialsProviderError':
      return 'give credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile';
    case 'RequestTimeTooSkewed':
      return "this machine's clock is wrong";
    case 'AuthorizationHeaderMalformed':
      return fault.region === undefined ? 'check the region' : `use region ${fault.region}`;
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return 'get new temporary credentials';
  }
  return operation === 'head' || operation === 'get'
    ? 'check the credentials and the rights; without the right s3:ListBucket a missing key is answered like this too'
    : 'check the credentials and the rights';
}
