/** Archives, right and wrong: a generated tree, as words of which some are changed, or as bytes. */
import fc from 'fast-check';
import { type Tree, trees } from '../test/nar/trees.ts';
import { blind } from './bytes.ts';
import { wordMutation } from './word-mutations.ts';
import { printWords, wordsOf } from './words.ts';

/** Of members; a prefix, upper case, and bytes that are no UTF-8 among them. */
const NAMES = [Buffer.from('A'), Buffer.from('a'), Buffer.from('a-b'), Buffer.from([0xff, 0x61])];

/** Directories around a tree. */
function nest(tree: Tree, depth: number): Tree {
  let out = tree;
  for (let i = 0; i < depth; i++) out = { type: 'directory', members: [[Buffer.from('d'), out]] };
  return out;
}

const depths = fc.oneof(
  { arbitrary: fc.constant(0), weight: 40 },
  { arbitrary: fc.integer({ min: 55, max: 70 }), weight: 1 },
);

/** Mostly directories with some members, so that most changes do not hit the beginning. */
const shapes = fc.oneof(
  { arbitrary: trees, weight: 1 },
  {
    arbitrary: fc.array(trees, { minLength: 2, maxLength: 4 }).map(
      (members): Tree => ({
        type: 'directory',
        members: members.map((tree, i) => [NAMES[i] ?? Buffer.from('z'), tree]),
      }),
    ),
    weight: 3,
  },
);

/** Trees as words, up to three of them changed; one in eight stays right. */
const byWords = fc
  .tuple(
    shapes,
    depths,
    fc.boolean(),
    fc.oneof(
      { arbitrary: fc.array(wordMutation, { minLength: 1, maxLength: 3 }), weight: 7 },
      { arbitrary: fc.constant([]), weight: 1 },
    ),
  )
  .map(([tree, depth, unsorted, mutations]) => {
    const words = wordsOf(nest(tree, depth), { unsorted });
    for (const mutate of mutations) if (words.length > 0) mutate(words);
    return printWords(words);
  });

const byBytes = fc
  .tuple(shapes, blind)
  .map(([tree, mutate]) => mutate(printWords(wordsOf(tree, { unsorted: false }))));

/** What the fuzzer feeds to both readers. */
export const narInputs: fc.Arbitrary<Buffer> = fc.oneof(
  { arbitrary: byWords, weight: 4 },
  { arbitrary: byBytes, weight: 1 },
);
