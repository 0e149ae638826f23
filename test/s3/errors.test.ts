import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { MissingError, StoreError } from '../../src/errors.ts';
import { type S3Call, s3Error } from '../../src/s3/errors.ts';

const call: S3Call = { operation: 'get', bucket: 'cache', objectKey: 'pre/a.narinfo', key: 'a.narinfo' };

/** An error as the SDK throws it. */
function sdk(name: string, status?: number, extra: object = {}): Error {
  const err = Object.assign(new Error('UnknownError'), { name }, extra);
  return status === undefined ? err : Object.assign(err, { $metadata: { httpStatusCode: status } });
}

const CASES: readonly [string, unknown, string, boolean][] = [
  ['bad secret', sdk('SignatureDoesNotMatch', 403), 'ERR_STORE_DENIED', false],
  ['unknown access key', sdk('InvalidAccessKeyId', 403), 'ERR_STORE_DENIED', false],
  ['HEAD without rights', sdk('Unknown', 403), 'ERR_STORE_DENIED', false],
  ['unauthorized', sdk('Unauthorized', 401), 'ERR_STORE_DENIED', false],
  ['expired token, which is a 400', sdk('ExpiredToken', 400), 'ERR_STORE_DENIED', false],
  ['no credentials at all', sdk('CredentialsProviderError'), 'ERR_STORE_DENIED', false],
  ['slow down', sdk('SlowDown', 503), 'ERR_STORE_UNAVAILABLE', true],
  ['throttled as 429', sdk('TooManyRequests', 429), 'ERR_STORE_UNAVAILABLE', true],
  ['request timeout, which is a 400', sdk('RequestTimeout', 400), 'ERR_STORE_UNAVAILABLE', true],
  ['error inside a 200', sdk('InternalError', 200), 'ERR_STORE_UNAVAILABLE', true],
  ['bad gateway', sdk('Unknown', 502), 'ERR_STORE_UNAVAILABLE', true],
  ['no answer in time', sdk('TimeoutError'), 'ERR_STORE_UNAVAILABLE', true],
  ['refused', sdk('Error', undefined, { code: 'ECONNREFUSED' }), 'ERR_STORE_UNAVAILABLE', true],
  ['name unknown', sdk('Error', undefined, { code: 'ENOTFOUND' }), 'ERR_STORE_UNAVAILABLE', true],
  [
    'reset, wrapped',
    new Error('x', { cause: sdk('Error', undefined, { code: 'ECONNRESET' }) }),
    'ERR_STORE_UNAVAILABLE',
    true,
  ],
  ['what fetch throws', new TypeError('fetch failed'), 'ERR_STORE_UNAVAILABLE', true],
  ['not implemented', sdk('NotImplemented', 501), 'ERR_STORE_FAILED', false],
  ['bad request', sdk('InvalidArgument', 400), 'ERR_STORE_FAILED', false],
  ['another TypeError', new TypeError('x is not a function'), 'ERR_STORE_FAILED', false],
  ['bad certificate', sdk('Error', undefined, { code: 'CERT_HAS_EXPIRED' }), 'ERR_STORE_FAILED', false],
  ['no error at all', undefined, 'ERR_STORE_FAILED', false],
];

for (const [what, err, code, retryable] of CASES) {
  test(`${what}: ${code}`, () => {
    const mapped = s3Error(err, call);
    assert.ok(mapped instanceof StoreError, inspect(mapped));
    assert.equal(mapped.code, code);
    assert.equal(mapped.retryable, retryable);
    assert.equal(mapped.key, 'a.narinfo');
    assert.equal(mapped.operation, 'get');
    assert.equal(mapped.cause, err);
    assert.match(mapped.message, /s3:\/\/cache\/pre\/a\.narinfo/);
    assert.doesNotMatch(mapped.message, /undefined|UnknownError|\(\)/);
  });
}

test('an unknown bucket is missing, by name', () => {
  const mapped = s3Error(sdk('NoSuchBucket', 404), call);
  assert.ok(mapped instanceof MissingError);
  assert.equal(mapped.code, 'ERR_MISSING_CONTAINER');
  assert.equal(mapped.subject, 'cache');
});

test('an aborted call rejects with the reason, whatever the SDK says', () => {
  const reason = new Error('enough');
  assert.equal(s3Error(sdk('AbortError'), { ...call, signal: AbortSignal.abort(reason) }), reason);
});

test('our own errors pass', () => {
  const own = new StoreError('ERR_STORE_FAILED', 'x', { operation: 'put' });
  assert.equal(s3Error(own, call), own);
});

test('a redirect tells the region of the bucket', () => {
  const err = sdk('PermanentRedirect', 301, {
    $response: { headers: { 'x-amz-bucket-region': 'eu-west-3' } },
  });
  assert.match((s3Error(err, call) as Error).message, /eu-west-3/);
});

test('a denied read says that the key may just be missing', () => {
  assert.match((s3Error(sdk('AccessDenied', 403), call) as Error).message, /s3:ListBucket/);
  assert.doesNotMatch(
    (s3Error(sdk('AccessDenied', 403), { ...call, operation: 'put' }) as Error).message,
    /ListBucket/,
  );
});
