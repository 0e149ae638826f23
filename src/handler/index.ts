/**
 * Serving a binary cache over HTTP.
 *
 * @module
 */
export type { HandlerOptions, ReadHandlerOptions } from './handler.ts';
export { createHandler } from './handler.ts';
