/**
 * For testing stores, and what uses them.
 *
 * @module
 */
export type { DescribeStoreOptions } from './describe-store.ts';
export { describeStore } from './describe-store.ts';
export type { Fault, FaultyStore } from './faulty-store.ts';
export { faultyStore } from './faulty-store.ts';
