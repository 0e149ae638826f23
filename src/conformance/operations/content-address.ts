/**
 * Content addresses by narkit.
 *
 * @module
 */
import { parseHash } from '../../hash/hash.ts';
import { isContentAddressed } from '../../narinfo/sign.ts';
import { parseContentAddress, printContentAddress } from '../../store-path/content-address.ts';
import { hashModulo } from '../../store-path/hash-modulo.ts';
import { makeContentAddressedPath } from '../../store-path/make-store-path.ts';
import {
  hashPart,
  parseBaseName,
  parseStorePath,
  pathName,
  printStorePath,
} from '../../store-path/store-path.ts';
import type { ConformanceOperations } from '../operations.ts';
import { bytes, text, texts } from './input.ts';

/** `parse`, `proves`, `rewriteSelf`. */
export const contentAddressOperations: ConformanceOperations = {
  parse: (input) => printContentAddress(parseContentAddress(text(input, 'text'))),
  proves: (input) =>
    isContentAddressed({
      storePath: parseStorePath(text(input, 'path')),
      ca: parseContentAddress(text(input, 'ca')),
      references: texts(input, 'references').map(parseBaseName),
      narHash: parseHash(`sha256:${'0'.repeat(52)}`),
      narSize: 120,
      signatures: [],
    }),
  rewriteSelf: async (input) => {
    const path = parseStorePath(text(input, 'path'));
    const positions = input['positions'] === true;
    const hash = await hashModulo('sha256', bytes(input, 'nar'), hashPart(path), { positions });
    const ca = { method: 'nar', hash } as const;
    const made = makeContentAddressedPath(pathName(path), ca, { selfReference: true });
    return { path: printStorePath(made), ca: printContentAddress(ca) };
  },
};
