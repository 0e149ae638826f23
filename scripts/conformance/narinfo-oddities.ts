/** The table of oddities that `lintNarInfo` is tested with, as inputs. */
import { LINT_CASES } from '../../test/narinfo/lint-cases.ts';
import { type NarInfoRow, narInfoInputs, WHY } from './narinfo-inputs.ts';
import type { Input } from './topic.ts';

/** Why narkit differs, by the name of the oddity. */
const WHYS: Readonly<Record<string, string>> = {
  'an empty line before what is not needed': WHY.scanner,
  'no colon': WHY.scanner,
  'no space': WHY.scanner,
  'a tab': WHY.scanner,
  'an unknown field without its space': WHY.scanner,
  '2^53': WHY.sizes,
  '2^64-1': WHY.sizes,
  'StorePath with slashes': WHY.canonical,
  'a reference without its dash': WHY.dash,
  blake3: WHY.experiment,
  'git CA': WHY.experiment,
  'text CA with sha1': WHY.textHash,
};

const rows = LINT_CASES.map(([what, text]): NarInfoRow => {
  const id = what
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const about = what.charAt(0).toLowerCase() + what.slice(1);
  const why = WHYS[what];
  return why === undefined ? [`odd-${id}`, about, text] : [`odd-${id}`, about, text, why];
});

/** Every oddity. */
export const oddityInputs: Input[] = narInfoInputs('reading: oddities', 'parse', rows);
