/** From a topic to the text of its suite. */
import { join } from 'node:path';
import { narkitOperations } from '../../src/conformance/narkit.ts';
import { runConformance, sameVerdict } from '../../src/conformance/run.ts';
import type {
  ConformanceCase,
  ConformanceReader,
  ConformanceSuite,
  ConformanceVerdict,
} from '../../src/conformance/suite.ts';
import { isAtLeast, type NixInstallation, NixWorld } from '../../test/support/nix.ts';
import type { Input, Topic } from './topic.ts';

/** The two that are asked. */
export type NixPair = Readonly<Record<Exclude<ConformanceReader, 'narkit'>, NixInstallation>>;

/** A 2.8 and a 2.34 of those installed. */
export function nixPair(installations: readonly NixInstallation[]): NixPair | undefined {
  const old = installations.find((nix) => isAtLeast(nix, '2.8') && !isAtLeast(nix, '2.9'));
  const current = installations.find((nix) => isAtLeast(nix, '2.34') && !isAtLeast(nix, '2.35'));
  return old && current && { 'nix-2.8': old, 'nix-2.34': current };
}

/**
 * Asks everybody, and writes it down. A problem is a difference to the newest Nix that no `why` explains, a `why`
 * where there is none, or an id that is there twice.
 *
 * @param dir an empty directory, where Nix may make its stores.
 */
export async function generate(
  topic: Topic,
  pair: NixPair,
  dir: string,
): Promise<{ text: string; problems: string[] }> {
  const [old, current] = await Promise.all([
    askNix(topic, 'nix-2.8', pair, join(dir, 'old')),
    askNix(topic, 'nix-2.34', pair, join(dir, 'current')),
  ]);
  const asked = topic.inputs.map(({ given: _, ...input }, i): ConformanceCase => {
    const verdicts = [
      ['nix-2.8', old[i]],
      ['nix-2.34', current[i]],
    ] as const;
    return {
      ...input,
      verdicts: Object.fromEntries(verdicts.filter(([, verdict]) => verdict !== undefined)),
    };
  });
  const results = await runConformance({ cases: asked }, narkitOperations[topic.topic] ?? {});
  const cases = results.map(({ case: { why, ...each }, verdict }): ConformanceCase => {
    const verdicts = verdict === undefined ? each.verdicts : { ...each.verdicts, narkit: verdict };
    return { ...each, verdicts, ...(why === undefined ? {} : { why }) };
  });
  const suite: ConformanceSuite = {
    topic: topic.topic,
    about: topic.about,
    versions: { 'nix-2.8': pair['nix-2.8'].version, 'nix-2.34': pair['nix-2.34'].version },
    cases,
  };
  const twice = cases.filter(({ id }, i) => cases.findIndex((each) => each.id === id) !== i);
  const problems = [...twice.map(({ id }) => `${id}: there are two`), ...cases.flatMap(problemsOf)];
  return { text: suiteText(suite), problems };
}

/** JSON with a line for every member of a case and for every verdict, so that a change of one is a change of a line. */
function suiteText({ cases, ...head }: ConformanceSuite): string {
  const object = (
    value: object,
    indent: string,
    member = (_: string, part: unknown) => JSON.stringify(part),
  ) => {
    const lines = Object.entries(value).map(([name, part]) => `${indent}  "${name}": ${member(name, part)}`);
    return `{\n${lines.join(',\n')}\n${indent}}`;
  };
  const texts = cases.map((each) =>
    object(each, '    ', (name, part) =>
      name === 'verdicts' ? object(part as object, '      ') : JSON.stringify(part),
    ),
  );
  const start = object(head, '').slice(0, -2);
  return `${start},\n  "cases": [\n    ${texts.join(',\n    ')}\n  ]\n}\n`;
}

/** What is wrong with a case, in words. */
function problemsOf({ id, verdicts, why }: ConformanceCase): string[] {
  const { narkit, 'nix-2.34': current } = verdicts;
  if (Object.keys(verdicts).length === 0) return [`${id}: nobody has a verdict`];
  const differs = narkit !== undefined && current !== undefined && !sameVerdict(narkit, current);
  if (differs === (why !== undefined)) return [];
  const both = `narkit ${JSON.stringify(narkit)}, nix-2.34 ${JSON.stringify(current)}`;
  return [differs ? `${id}: no 'why' explains ${both}` : `${id}: 'why' explains nothing: ${both}`];
}

async function askNix(
  topic: Topic,
  reader: keyof NixPair,
  pair: NixPair,
  dir: string,
): Promise<(ConformanceVerdict | undefined)[]> {
  const world = await NixWorld.create(pair[reader], dir);
  const open = topic.inputs.filter(({ given }) => given?.[reader] === undefined);
  const answers = await topic.ask(world, open);
  if (answers.length !== open.length)
    throw new Error(`${topic.topic}: ${answers.length} answers to ${open.length} questions`);
  const answered = new Map<Input, ConformanceVerdict | undefined>(
    open.map((input, i) => [input, answers[i]]),
  );
  return topic.inputs.map((input) => input.given?.[reader] ?? answered.get(input));
}
