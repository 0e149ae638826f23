/**
 * Publishing closures into a cache, and fetching paths out of it.
 *
 * @module
 */
export type { ClosureOptions } from './closure.ts';
export { closure, topologicalOrder } from './closure.ts';
export type { FetchedPath, FetchPathOptions } from './fetch-path.ts';
export { fetchPath } from './fetch-path.ts';
export type { PlanItem, PlanOptions } from './plan.ts';
export { plan } from './plan.ts';
export type { ExistsReceipt, PublishEvent, Receipt } from './progress.ts';
export type { PublishOptions } from './publish.ts';
export { publish } from './publish.ts';
