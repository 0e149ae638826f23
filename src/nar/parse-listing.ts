/**
 * Reading NAR listings, which nothing signs: every name is checked before it can become a path.
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import { NAR_LIMITS } from './entry.ts';
import type { NarListing, NarListingNode } from './listing.ts';
import { checkName } from './order.ts';

/**
 * Parses a `.ls` document of either dialect (with or without `executable: false`, any key order).
 *
 * @throws ParseError `ERR_PARSE_LISTING` for text that is no listing, names that are not file names, or
 *   nesting deeper than the 63 names of a NAR.
 */
export function parseNarListing(text: string): NarListing {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new ParseError('ERR_PARSE_LISTING', 'a NAR listing must be JSON', { cause });
  }
  if (!isObject(document) || document['version'] !== 1) {
    throw new ParseError('ERR_PARSE_LISTING', 'a NAR listing must be an object with version 1', {
      field: 'version',
    });
  }
  return { version: 1, root: parseNode(document['root'], '', 0) };
}

function parseNode(value: unknown, path: string, depth: number): NarListingNode {
  if (depth > NAR_LIMITS.depth) throw bad(path, `deeper than ${NAR_LIMITS.depth} names`);
  if (!isObject(value)) throw bad(path, 'not an object');
  switch (value['type']) {
    case 'symlink': {
      const target = value['target'];
      if (typeof target !== 'string' || target === '' || target.includes('\0'))
        throw bad(path, 'no valid target');
      return { type: 'symlink', target };
    }
    case 'regular': {
      const { executable } = value;
      if (executable !== undefined && typeof executable !== 'boolean')
        throw bad(path, 'executable is not a boolean');
      const size = count(value['size'], path, 'size');
      const narOffset = count(value['narOffset'], path, 'narOffset');
      return {
        type: 'regular',
        ...(size === undefined ? {} : { size }),
        ...(executable === undefined ? {} : { executable }),
        ...(narOffset === undefined ? {} : { narOffset }),
      };
    }
    case 'directory': {
      const members = value['entries'];
      if (!isObject(members)) throw bad(path, 'a directory without entries');
      const entries: Record<string, NarListingNode> = Object.create(null);
      for (const [name, member] of Object.entries(members)) {
        const inner = path === '' ? name : `${path}/${name}`;
        try {
          checkName(name, path);
        } catch (cause) {
          throw bad(path, `invalid file name ${JSON.stringify(name)}`, cause);
        }
        entries[name] = parseNode(member, inner, depth + 1);
      }
      return { type: 'directory', entries };
    }
    default:
      throw bad(path, `unknown type ${JSON.stringify(value['type'])}`);
  }
}

function count(value: unknown, path: string, field: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw bad(path, `${field} is not an integer from 0 to 2^53-1`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(path: string, why: string, cause?: unknown): ParseError {
  return new ParseError('ERR_PARSE_LISTING', `NAR listing, '${path}': ${why}`, { field: path, cause });
}
