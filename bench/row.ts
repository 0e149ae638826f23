/**
 * The lines of the table.
 */

/** One line. */
export interface Row {
  /** Number of the question, such as `4`. */
  readonly row: string;
  readonly work: string;
  readonly ours: string;
  readonly peer: string;
  readonly figure: string;
  /** What must hold, such as `<= 1.00`; `reached` says whether it does. */
  readonly target: string;
  readonly reached: boolean;
}

/** A line that was not measured, and why: a peer that is not installed is named, never guessed. */
export interface Missing {
  readonly row: string;
  readonly work: string;
  readonly missing: string;
}

export type Line = Row | Missing;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The lines as a table of Markdown, which is read as well in a terminal. */
export function printTable(lines: readonly Line[]): string {
  const cells = lines.map((line) =>
    'missing' in line
      ? [line.row, line.work, 'not measured', line.missing, '', '', '']
      : [
          line.row,
          line.work,
          line.ours,
          line.peer,
          line.figure,
          line.target,
          line.reached ? 'yes' : '**no**',
        ],
  );
  const all = [['#', 'work', 'narkit', 'against', 'figure', 'target', 'reached'], ...cells];
  const widths = (all[0] as string[]).map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  );
  const print = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] as number)).join(' | ')} |`;
  const [head, ...body] = all as [string[], ...string[][]];
  return [print(head), print(widths.map((width) => '-'.repeat(width))), ...body.map(print)].join('\n');
}
