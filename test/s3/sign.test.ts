import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestSigner } from '../../src/s3/sign.ts';

// The example "PUT Object" of Amazon's description of Signature Version 4 for S3.
const keys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const request = {
  method: 'PUT',
  path: '/test%24file.text',
  headers: {
    host: 'examplebucket.s3.amazonaws.com',
    date: 'Fri, 24 May 2013 00:00:00 GMT',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  },
  body: new TextEncoder().encode('Welcome to Amazon S3.'),
};
const now = Date.UTC(2013, 4, 24);
const signer = new RequestSigner({ region: 'us-east-1', service: 's3' });

test("Amazon's example", () => {
  const { authorization, ...headers } = signer.sign(request, keys, now);
  assert.deepEqual(headers, {
    ...request.headers,
    'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    'x-amz-date': '20130524T000000Z',
  });
  assert.equal(
    authorization,
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
      'SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, ' +
      'Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  );
});

test('another day, another secret: another key; the same again: the same signature', () => {
  const sign = (secretAccessKey: string, time: number): string | undefined =>
    signer.sign(request, { ...keys, secretAccessKey }, time)['authorization'];
  const all = [
    sign(keys.secretAccessKey, now),
    sign(keys.secretAccessKey, now + 86_400_000),
    sign('other', now),
  ];
  assert.equal(new Set(all).size, 3);
  assert.equal(sign(keys.secretAccessKey, now), all[0]);
});

test('a session token is signed, too', () => {
  const headers = signer.sign(request, { ...keys, sessionToken: 'token' }, now);
  assert.equal(headers['x-amz-security-token'], 'token');
  assert.match(headers['authorization'] ?? '', /;x-amz-security-token;/);
});
