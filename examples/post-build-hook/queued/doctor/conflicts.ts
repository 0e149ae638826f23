/**
 * Settings that contradict each other.
 */
import { createCodec, parseStoreUrl, type StoreUrl } from 'narkit/node';
import type { QueueConfig } from '../../config.ts';
import { readHookConfig } from '../hook/hook-config.ts';
import type { Findings, Say } from './finding.ts';
import { hookKind, hookLayers } from './nix-conf.ts';
import type { Surroundings } from './surroundings.ts';

export async function* conflicts(around: Surroundings, say: Say, signal: AbortSignal): Findings {
  const { config, configFile, storeDir } = around;
  if (config === undefined) return;
  let good = true;
  const seen = new Map<string, string>();
  for (const { name, cacheUrl } of config.targets) {
    const url = parse(cacheUrl(storeDir));
    if (url instanceof Error) {
      good = false;
      yield say.error(
        `cache of target ${name}: ${url.message}`,
        `correct 'cache' of [${name}] in ${configFile}`,
      );
      continue;
    }
    const place = placeOf(url);
    const other = seen.get(place);
    if (other === undefined) seen.set(place, name);
    else {
      good = false;
      yield say.error(
        `targets ${other} and ${name} are the same cache`,
        `remove [${other}] or [${name}] from ${configFile}`,
      );
    }
    const problem = await compressionProblem(url.cache.compression ?? 'zstd', signal);
    if (problem === undefined) continue;
    good = false;
    yield say.error(
      `compression of target ${name}: ${problem}`,
      `correct 'compression' of [${name}] in ${configFile}, such as: compression = zstd`,
    );
  }
  for await (const finding of hookConflicts(around, config.queue, say)) {
    good = false;
    yield finding;
  }
  if (good) yield say.ok(`${config.targets.length} target(s), no contradictions`);
}

function parse(text: string): StoreUrl | Error {
  try {
    return parseStoreUrl(text);
  } catch (error) {
    return error as Error;
  }
}

/** Equal for URLs of one cache, whatever parameters they have. */
export function placeOf(url: StoreUrl): string {
  if (url.scheme === 'file') return `file ${url.directory}`;
  if (url.scheme === 's3') return `s3 ${url.store.endpoint ?? ''} ${url.bucket}/${url.prefix ?? ''}`;
  return url.url;
}

/** Tries it: some need a program, which may not be there. */
async function compressionProblem(name: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    for await (const _ of createCodec(name).compress(new Blob(['x']).stream())) signal.throwIfAborted();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return (error as Error).message;
  }
}

/** The hook has a file of its own, beside it, which must mean the same queue. */
async function* hookConflicts({ hookEnv, configFile }: Surroundings, queue: QueueConfig, say: Say): Findings {
  const layers = await hookLayers(hookEnv);
  const kinds = new Set(layers.map(({ value }) => hookKind(value)));
  if (kinds.has('plain') && kinds.has('queued')) {
    const both = layers.map(({ file, line, value }) => `${value} (${file}, line ${line})`).join(', ');
    yield say.warning(
      `the plain and the queued hook are both configured, one counts: ${both}`,
      'remove all lines but one',
    );
  }
  const program = layers.at(-1)?.value;
  if (program === undefined || hookKind(program) !== 'queued') return;
  const file = `${program.replace(/\.sh$/, '')}.conf`;
  const { queueDir, gcRootsDir, problems } = await readHookConfig(file);
  for (const problem of problems)
    yield say.error(problem, `correct ${file}: the hook passes over such lines`);
  for (const [name, its, mine] of [
    ['queue-dir', queueDir, queue.queueDir],
    ['gc-roots-dir', gcRootsDir, queue.gcRootsDir],
  ] as const) {
    if (its === mine) continue;
    const what = `the hook has ${name} ${its} (${file}), the service ${mine} (${configFile}): what is queued is never seen`;
    yield say.error(what, `write '${name} = ${mine}' into ${file}`);
  }
}
