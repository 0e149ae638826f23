/**
 * The `spec` reporter of node:test; and before its summary, one line for each reason to skip tests.
 * A run without any test is a failure: a mistyped pattern must not look like success.
 */
import { Readable } from 'node:stream';
import { spec as Spec, type TestEvent } from 'node:test/reporters';

// biome-ignore lint/style/noDefaultExport: node:test asks for it
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<unknown> {
  yield* Readable.from(withSkips(source)).compose(new Spec());
}

async function* withSkips(source: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  const reasons = new Map<string, number>();
  for await (const event of source) {
    if (event.type === 'test:pass' && event.data.skip !== undefined) {
      const reason = typeof event.data.skip === 'string' ? event.data.skip : event.data.name;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    // The first line of the summary, `tests 123`.
    const total =
      event.type === 'test:diagnostic' &&
      event.data.nesting === 0 &&
      /^tests (\d+)$/.exec(event.data.message);
    if (total) {
      for (const [reason, count] of reasons) {
        yield note(`not run: ${count} ${count === 1 ? 'test' : 'tests'}, because ${reason}`);
      }
      if (total[1] === '0') {
        process.exitCode = 1;
        yield note('no test was run: that is a failure');
      }
    }
    yield event;
  }
}

function note(message: string): TestEvent {
  return { type: 'test:diagnostic', data: { nesting: 0, message, level: 'warn' } };
}
