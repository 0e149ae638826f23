/**
 * Binary caches in S3 and servers that speak its protocol. Needs the package `@aws-sdk/client-s3`.
 *
 * @module
 */
export { type CreateS3ClientOptions, createS3Client } from './client.ts';
export { S3Store, type S3StoreOptions } from './s3-store.ts';
