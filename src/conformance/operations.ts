/**
 * What a case is run against: the operations of one topic, whoever wrote them.
 *
 * @module
 */
import type { Json } from './suite.ts';

/**
 * One operation: takes the `input` of a case, returns what its `accepts` is compared with, and throws (or rejects)
 * to refuse the input.
 */
export type ConformanceOperation = (input: { readonly [name: string]: Json }) => Json | Promise<Json>;

/** The operations of one topic by name. One that is absent is not tested. */
export interface ConformanceOperations {
  readonly [operation: string]: ConformanceOperation;
}
