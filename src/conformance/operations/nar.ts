/**
 * The operations of the topic `nar` by narkit.
 *
 * @module
 */
import { fromBase64, toBase64 } from '../../bytes/bytes.ts';
import { collect } from '../../bytes/stream.ts';
import type { NarEntry } from '../../nar/entry.ts';
import { decodeName, encodeName } from '../../nar/name.ts';
import { readNar } from '../../nar/read.ts';
import { writeNar } from '../../nar/write.ts';
import type { ConformanceOperations } from '../operations.ts';
import type { Json } from '../suite.ts';

/** An entry as the cases have it. */
interface JsonEntry {
  readonly type: NarEntry['type'];
  readonly path: string;
  readonly executable?: boolean;
  readonly contents?: string;
  readonly target?: string;
}

const nameOf = (base64: string): string => decodeName(fromBase64(base64));
const base64Of = (name: string): string => toBase64(encodeName(name));

function* entriesOf(entries: readonly JsonEntry[]): Generator<NarEntry> {
  for (const { type, executable = false, contents = '', target = '', ...entry } of entries) {
    const path = nameOf(entry.path);
    const body = fromBase64(contents);
    if (type === 'directory') yield { type, path };
    else if (type === 'symlink') yield { type, path, target: nameOf(target) };
    else yield { type, path, executable, size: body.length, body };
  }
}

async function jsonOf(entry: NarEntry): Promise<Json> {
  const { type } = entry;
  const path = base64Of(entry.path);
  if (type === 'directory') return { type, path };
  if (type === 'symlink') return { type, path, target: base64Of(entry.target) };
  return { type, path, executable: entry.executable, contents: toBase64(await collect(entry.body)) };
}

/** `read` and `write` by `readNar` and `writeNar`. */
export const narOperations: ConformanceOperations = {
  read: async ({ nar }) => {
    const entries: Json[] = [];
    for await (const entry of readNar(fromBase64(nar as string))) entries.push(await jsonOf(entry));
    return entries;
  },
  write: async ({ entries }) =>
    toBase64(await collect(writeNar(entriesOf(entries as unknown as readonly JsonEntry[])))),
};
