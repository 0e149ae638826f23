/**
 * Words for people, out of strings that anybody may have chosen: keys, tags and messages of servers.
 */

/** What ends a line, moves a cursor, or turns the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** On one line, and harmless on a terminal. */
export function plain(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped);
}

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}

/**
 * Without the passwords of URLs. The library's messages have none; those of proxies and servers, which
 * are quoted in them, may.
 */
export function redact(text: string): string {
  return text
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi, '$1***@')
    .replaceAll(/\b(X-Amz-(?:Signature|Credential|Security-Token)=)[^\s&"'<]*/gi, '$1***')
    .replaceAll(/\b(authorization:?\s+)(\w+\s+)?[^\s,]+/gi, '$1***');
}

/** Such as `12.3 MB`. */
export function byteText(bytes: number): string {
  if (bytes < 100_000) return `${bytes} bytes`;
  return bytes < 1e10 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Such as `3 h 5 min`: the two largest parts. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** `1 entry`, `2 entries`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Rows in columns, as wide as their widest; the columns of `right` are numbers. */
export function tableText(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (right.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
