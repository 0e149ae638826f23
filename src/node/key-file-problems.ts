/**
 * What is wrong with a secret key file that holds a right key: who else can read or replace it.
 *
 * @module
 */
import type { Stats } from 'node:fs';

/** What lets others at a secret key. */
export interface KeyFileProblem {
  readonly kind: 'group-readable' | 'world-readable' | 'group-writable' | 'world-writable' | 'foreign-owner';
  readonly path: string;
  /** For a person: what it is and what to do. */
  readonly message: string;
}

const BITS = [
  ['group-readable', 0o040, 'its group can read it'],
  ['world-readable', 0o004, 'everybody can read it'],
  ['group-writable', 0o020, 'its group can replace it'],
  ['world-writable', 0o002, 'everybody can replace it'],
] as const;

/**
 * Of the file behind a link, for the mode of a link says nothing. Pipes have no mode worth a look.
 *
 * @param user who reads, by number; none where the system has no such numbers
 */
export function keyFileProblems(
  path: string,
  stats: Stats,
  user: number | undefined = process.geteuid?.(),
): KeyFileProblem[] {
  if (process.platform === 'win32' || !stats.isFile()) return [];
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
  const problems: KeyFileProblem[] = BITS.filter(([, bit]) => (stats.mode & bit) !== 0).map(
    ([kind, , what]) => ({
      kind,
      path,
      message: `secret key file '${path}' has mode ${mode}: ${what}; change it to 0600`,
    }),
  );
  // Root can read everything anyway, so its files are nobody's surprise.
  if (stats.uid !== 0 && stats.uid !== user) {
    const message = `secret key file '${path}' belongs to user ${stats.uid}, who can change it; change the owner`;
    problems.push({ kind: 'foreign-owner', path, message });
  }
  return problems;
}
