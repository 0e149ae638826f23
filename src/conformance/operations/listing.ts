/**
 * The operations of the topic `listing` by narkit.
 *
 * @module
 */
import { fromBase64 } from '../../bytes/bytes.ts';
import type { NarListingNode } from '../../nar/listing.ts';
import { narListing, printNarListing } from '../../nar/listing.ts';
import { parseNarListing } from '../../nar/parse-listing.ts';
import { readNar } from '../../nar/read.ts';
import type { ConformanceOperations } from '../operations.ts';
import type { Json } from '../suite.ts';

function jsonOf(node: NarListingNode): Json {
  if (node.type === 'symlink') return node;
  if (node.type === 'directory') {
    const entries = Object.entries(node.entries).map(([name, member]) => [name, jsonOf(member)]);
    return { type: node.type, entries: Object.fromEntries(entries) as Json };
  }
  const { type, size, executable = false, narOffset } = node;
  return {
    type,
    executable,
    ...(size === undefined ? {} : { size: String(size) }),
    ...(narOffset ? { narOffset: String(narOffset) } : {}),
  };
}

async function printed(nar: Json | undefined): Promise<string> {
  return printNarListing(await narListing(readNar(fromBase64(nar as string))));
}

/** `parse` by `parseNarListing`, the others by `narListing` and `printNarListing`. */
export const listingOperations: ConformanceOperations = {
  parse: ({ text }) => jsonOf(parseNarListing(text as string).root),
  list: async ({ nar }) => jsonOf(parseNarListing(await printed(nar)).root),
  write: async ({ nar }) => JSON.parse(await printed(nar)) as Json,
};
