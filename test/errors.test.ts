import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  IntegrityError,
  isNarkitError,
  MissingError,
  NarError,
  NarkitError,
  NixDaemonError,
  ParseError,
  StoreError,
  TrustError,
  UnsupportedError,
} from '../src/errors.ts';

const cause = new Error('below');
const all: [string, NarkitError, Record<string, unknown>][] = [
  [
    'ParseError',
    new ParseError('ERR_PARSE_HASH', 'm', { line: 3, field: 'NarHash', cause }),
    { line: 3, field: 'NarHash' },
  ],
  [
    'NarError',
    new NarError('ERR_NAR_SYNTAX', 'm', { offset: 8, path: 'a/b', cause }),
    { offset: 8, path: 'a/b' },
  ],
  [
    'IntegrityError',
    new IntegrityError('ERR_HASH_MISMATCH', 'm', { subject: 's', expected: 'e', actual: 'a', cause }),
    { subject: 's', expected: 'e', actual: 'a' },
  ],
  [
    'TrustError',
    new TrustError('ERR_UNSIGNED', 'm', { storePath: '/p', keyNames: ['k'] }),
    { storePath: '/p', keyNames: ['k'] },
  ],
  [
    'StoreError',
    new StoreError('ERR_STORE_DENIED', 'm', { operation: 'get', key: 'k', status: 403, cause }),
    { operation: 'get', key: 'k', status: 403, retryable: false },
  ],
  [
    'NixDaemonError',
    new NixDaemonError('ERR_NIX_DAEMON', 'm', { operation: 'IsValidPath', traces: ['t'], offset: 8, cause }),
    { operation: 'IsValidPath', retryable: false, traces: ['t'], offset: 8 },
  ],
  ['MissingError', new MissingError('ERR_MISSING_NAR', 'm', { subject: 's', cause }), { subject: 's' }],
  [
    'UnsupportedError',
    new UnsupportedError('m', { feature: 'f', cause }),
    { feature: 'f', code: 'ERR_UNSUPPORTED' },
  ],
];

for (const [name, err, members] of all) {
  test(`${name} has its name, message, members and cause`, () => {
    assert.equal(err.name, name);
    assert.equal(err.message, 'm');
    assert.equal(String(err), `${name}: m`);
    for (const [member, value] of Object.entries(members))
      assert.deepEqual(err[member as keyof typeof err], value);
    assert.equal(err.cause, name === 'TrustError' ? undefined : cause);
    assert.ok(err instanceof NarkitError && err instanceof Error && isNarkitError(err));
    assert.match(inspect(err), new RegExp(err.code));
  });
}

test('a store that is down may be retried, one that refuses may not, unless the thrower knows better', () => {
  const retryable = (code: 'ERR_STORE_UNAVAILABLE' | 'ERR_STORE_DENIED', known?: boolean): boolean =>
    new StoreError(code, 'm', {
      operation: 'put',
      ...(known === undefined ? {} : { retryable: known }),
    }).retryable;
  assert.equal(retryable('ERR_STORE_UNAVAILABLE'), true);
  assert.equal(retryable('ERR_STORE_DENIED'), false);
  assert.equal(retryable('ERR_STORE_UNAVAILABLE', false), false);
  assert.equal(retryable('ERR_STORE_DENIED', true), true);
});

test('isNarkitError tells codes apart, and takes nothing for an error that is none', () => {
  const err: unknown = new NarError('ERR_NAR_LIMIT', 'm');
  assert.ok(isNarkitError(err));
  assert.ok(isNarkitError(err, 'ERR_NAR_SYNTAX', 'ERR_NAR_LIMIT'));
  assert.ok(!isNarkitError(err, 'ERR_NAR_SYNTAX'));
  for (const other of [undefined, null, 'ERR_NAR_LIMIT', 1, {}, new Error('m'), { code: 'ERR_NAR_LIMIT' }]) {
    assert.ok(!isNarkitError(other));
  }
});

test('isNarkitError knows the errors of a second copy of the package', async () => {
  const copy = (await import(
    `${new URL('../src/errors.ts', import.meta.url).href}?copy`
  )) as typeof import('../src/errors.ts');
  assert.notEqual(copy.NarError, NarError);
  const err = new copy.NarError('ERR_NAR_LIMIT', 'm');
  assert.ok(!(err instanceof NarkitError));
  assert.ok(isNarkitError(err, 'ERR_NAR_LIMIT'));
});
