/**
 * Content types of a binary cache's objects, as Nix sends them on upload (narinfo.md section 1).
 *
 * @module
 */

const BY_START: readonly (readonly [string, string])[] = [
  ['nar/', 'application/x-nix-nar'],
  ['log/', 'text/plain; charset=utf-8'],
  ['debuginfo/', 'application/json'],
  ['build-trace-v2/', 'application/json'],
  ['realisations/', 'application/json'],
];

/**
 * The content type of the object at `key`; `application/octet-stream` for keys Nix does not know.
 *
 * @example
 * ```ts
 * import { mimeType } from 'narkit/cache';
 *
 * console.log(mimeType('nix-cache-info')); // text/x-nix-cache-info
 * ```
 */
export function mimeType(key: string): string {
  if (key === 'nix-cache-info') return 'text/x-nix-cache-info';
  if (!key.includes('/')) {
    if (key.endsWith('.narinfo')) return 'text/x-nix-narinfo';
    if (key.endsWith('.ls')) return 'application/json';
  }
  return BY_START.find(([start]) => key.startsWith(start))?.[1] ?? 'application/octet-stream';
}
