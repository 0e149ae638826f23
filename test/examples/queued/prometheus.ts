/**
 * Reads the text format of Prometheus, strictly.
 */
import assert from 'node:assert/strict';

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)?\\})? (\\S+)$`);
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) .+$`);

/** Samples by `name{labels}`, as they were written. */
export function parseMetrics(text: string): Map<string, number> {
  assert.ok(text.endsWith('\n'), 'the last line has its end');
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || COMMENT.test(line)) continue;
    const [, name, labels, value] = SAMPLE.exec(line) ?? [];
    assert.ok(name !== undefined && value !== undefined, `no line of the format: ${line}`);
    const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value);
    // Prometheus takes NaN in any case, and prom-client writes `Nan`.
    assert.ok(/^nan$/i.test(value) || !Number.isNaN(number), `no number: ${line}`);
    const key = labels === undefined ? name : `${name}{${labels}}`;
    assert.ok(!samples.has(key), `twice: ${key}`);
    samples.set(key, number);
  }
  return samples;
}
