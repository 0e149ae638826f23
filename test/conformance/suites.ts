/** The suites as they are published. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ConformanceSuite } from 'narkit/conformance';

const CASES = join(import.meta.dirname, '../../src/conformance/cases');

/** Every committed suite with its text, by the name of its file. */
export const suites: ReadonlyMap<string, { readonly text: string; readonly suite: ConformanceSuite }> =
  new Map(
    globSync('*.json', { cwd: CASES })
      .sort()
      .map((file) => {
        const text = readFileSync(join(CASES, file), 'utf8');
        return [basename(file, '.json'), { text, suite: JSON.parse(text) as ConformanceSuite }];
      }),
  );
