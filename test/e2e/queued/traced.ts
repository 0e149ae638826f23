/**
 * What a process does to the files below a directory, as `strace` sees it.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** In the order in which they were completed. Paths are relative to the directory. */
export type FileCall = (
  | { readonly type: 'create' | 'mkdir'; readonly path: string }
  | { readonly type: 'write'; readonly path: string; readonly text: string }
  | { readonly type: 'sync'; readonly path: string }
  | { readonly type: 'rename' | 'link'; readonly from: string; readonly path: string }
  | { readonly type: 'symlink'; readonly target: string; readonly path: string }
  | { readonly type: 'unlink'; readonly path: string }
) & {
  /** How many had been completed when it began: what came later a sync may have missed. */
  readonly since: number;
};

const CALLS =
  'open,openat,creat,write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,symlink,symlinkat,mkdir,mkdirat';

export function canTrace(): boolean {
  return spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;
}

/** Runs a program to its end. @throws unless it exits with 0. */
export function traced(
  directory: string,
  log: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): FileCall[] {
  const strace = ['-f', '-y', '-s', '100000', '-e', `trace=${CALLS}`, '-o', log];
  const { status, stderr } = spawnSync('strace', [...strace, ...command], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')}: status ${status}: ${stderr}`);
  return parse(readFileSync(log, 'latin1'), directory);
}

/** Each line is one call, or the half of one. */
function parse(log: string, directory: string): FileCall[] {
  const calls: FileCall[] = [];
  const begun = new Map<string, { text: string; since: number }>();
  for (const line of log.split('\n')) {
    const [, pid = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(text);
    if (unfinished !== null) {
      begun.set(pid, { text: unfinished[1] ?? '', since: calls.length });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    const start = resumed === null ? undefined : begun.get(pid);
    const whole = resumed === null ? text : `${start?.text ?? ''}${resumed[1]}`;
    const call = callOf(whole, directory);
    if (call !== undefined) calls.push({ ...call, since: start?.since ?? calls.length });
  }
  return calls;
}

type Call = FileCall extends infer C ? (C extends FileCall ? Omit<C, 'since'> : never) : never;

function callOf(text: string, directory: string): Call | undefined {
  const match = /^(\w+)\((.*)\) += (-?\d+)/.exec(text);
  if (match === null || Number(match[3]) < 0) return undefined;
  const [, name = '', args = ''] = match;
  // Texts, and the paths of descriptors, which those of the `at` calls are relative to.
  const words = [...args.matchAll(/"((?:[^"\\]|\\.)*)"|(?:AT_FDCWD|\d+)<([^>]*)>/g)].map(([, quoted, of]) =>
    quoted === undefined ? { of: of ?? '' } : { text: unescaped(quoted) },
  );
  const first = words[0]?.of;
  const below = (path: string): string | undefined =>
    path === directory ? '' : path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : undefined;
  const paths: string[] = [];
  let base = '/';
  for (const word of words) {
    if (word.of !== undefined) base = word.of;
    else paths.push(word.text.startsWith('/') ? word.text : `${base}/${word.text}`.replaceAll(/\/+/g, '/'));
  }
  const last = below((paths.at(-1) ?? '').replace(/\/$/, ''));
  if (/^(write|pwrite64|writev)$/.test(name)) {
    const path = first === undefined ? undefined : below(first);
    const written = words.flatMap(({ text: part }) => part ?? []).join('');
    return path === undefined ? undefined : { type: 'write', path, text: written };
  }
  if (name === 'fsync' || name === 'fdatasync') {
    const path = first === undefined ? undefined : below(first);
    return path === undefined ? undefined : { type: 'sync', path };
  }
  if (last === undefined) return undefined;
  if (name.startsWith('open') || name === 'creat')
    return args.includes('O_CREAT') ? { type: 'create', path: last } : undefined;
  if (name.startsWith('symlink')) return { type: 'symlink', target: words[0]?.text ?? '', path: last };
  if (name.startsWith('mkdir')) return { type: 'mkdir', path: last };
  if (name.startsWith('unlink')) return { type: 'unlink', path: last };
  const from = below(paths[0] ?? '');
  if (from === undefined) throw new Error(`from elsewhere: ${text}`);
  return { type: name.startsWith('link') ? 'link' : 'rename', from, path: last };
}

function unescaped(text: string): string {
  const named: Record<string, string> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v' };
  return text.replaceAll(/\\([0-7]{1,3}|.)/g, (_, what: string) =>
    /^[0-7]/.test(what) ? String.fromCharCode(Number.parseInt(what, 8)) : (named[what] ?? what),
  );
}
