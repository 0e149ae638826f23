/**
 * Store paths by narkit.
 *
 * @module
 */
import { utf8 } from '../../bytes/bytes.ts';
import { hashBytes } from '../../hash/hash-source.ts';
import { parseContentAddress } from '../../store-path/content-address.ts';
import { makeContentAddressedPath } from '../../store-path/make-store-path.ts';
import { DEFAULT_STORE_DIR, parseStorePath, printStorePath } from '../../store-path/store-path.ts';
import type { ConformanceOperations } from '../operations.ts';
import { optionalText, text, texts } from './input.ts';

/** `parse`, `makeFixed`, `makeText`. */
export const storePathOperations: ConformanceOperations = {
  parse: (input) => {
    const storeDir = optionalText(input, 'storeDir') ?? DEFAULT_STORE_DIR;
    return parseStorePath(text(input, 'text'), { storeDir });
  },
  makeFixed: (input) => {
    const storeDir = optionalText(input, 'storeDir') ?? DEFAULT_STORE_DIR;
    const ca = parseContentAddress(text(input, 'ca'));
    return printStorePath(makeContentAddressedPath(text(input, 'name'), ca, { storeDir }), storeDir);
  },
  makeText: (input) => {
    const references = texts(input, 'references').map((path) => parseStorePath(path));
    const hash = hashBytes('sha256', utf8(text(input, 'text')));
    return printStorePath(
      makeContentAddressedPath(text(input, 'name'), { method: 'text', hash }, { references }),
    );
  },
};
