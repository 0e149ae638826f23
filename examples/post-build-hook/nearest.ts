/**
 * What somebody may have meant.
 */
import { nearest } from 'narkit';

/** `" (did you mean 'x'?)"` for the known word that `word` is most likely a slip of, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const near = nearest(word, known);
  return near === undefined ? '' : ` (did you mean '${near}'?)`;
}
