/**
 * The program that nix.conf names: there, executable, and in nobody else's hands, for root runs it.
 */
import { execFile } from 'node:child_process';
import { open, realpath, stat } from 'node:fs/promises';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { type Account, may, modeOf } from './accounts.ts';
import type { Finding, Findings, Say } from './finding.ts';
import { hookLayers } from './nix-conf.ts';
import type { Environment, Surroundings } from './surroundings.ts';

const run = promisify(execFile);

/** The first Node.js with everything that narkit uses. */
const NODE: readonly [number, number] = [22, 15];

export async function* hookProgram(around: Surroundings, say: Say, signal: AbortSignal): Findings {
  const { hook, hookEnv } = around;
  const program = (await hookLayers(hookEnv)).at(-1)?.value;
  if (program === undefined || program === '') return;
  if (!isAbsolute(program)) {
    yield say.error(
      `post-build-hook is '${program}', which is no absolute path`,
      'name the program by its absolute path',
    );
    return;
  }
  const stats = await stat(program).catch(() => undefined);
  if (stats === undefined) {
    yield say.error(
      `${program} is not there: every build fails after it was built`,
      `cp build/${basename(program)} ${program}`,
    );
    return;
  }
  if (!stats.isFile() || (stats.mode & 0o111) === 0 || (await may(hook, ['x'], program)) === false) {
    yield say.error(
      `${program} (mode ${modeOf(stats.mode)}) is not executable: builds fail`,
      `chmod 755 ${program}`,
    );
    return;
  }
  let safe = true;
  for await (const finding of others(program, hook, say)) {
    safe = false;
    yield finding;
  }
  if (safe) yield say.ok(`${program} is executable, and only ${hook.name} can change it`);
  // What others may have written is not run here, not even to ask for its version.
  if (safe) yield* interpreter(program, hook, hookEnv, say, signal);
}

/** Ways for other users to replace a program: itself, what links lead to, and all directories above. */
async function* others(program: string, hook: Account, say: Say): AsyncGenerator<Finding> {
  const places = new Set<string>();
  for (const start of [program, await realpath(program)]) {
    for (let path = start; !places.has(path); path = dirname(path)) places.add(path);
  }
  for (const path of places) {
    const { uid, gid, mode } = await stat(path);
    const sticky = (mode & 0o1000) !== 0;
    if (uid !== 0 && uid !== hook.uid)
      yield say.error(
        `${path} belongs to user ${uid}, who can so run anything as ${hook.name}`,
        `chown ${hook.name}: ${path}`,
      );
    // In a sticky directory only owners replace their files; the Nix store is one.
    else if (!sticky && ((mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0 && gid !== hook.gid)))
      yield say.error(
        `${path} (mode ${modeOf(mode)}) can be changed by others, who can so run anything as ${hook.name}`,
        `chmod go-w ${path}`,
      );
  }
}

async function* interpreter(
  program: string,
  hook: Account,
  env: Environment,
  say: Say,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const [path = '', argument] = (await firstLine(program)).replace(/^#!\s*/, '').split(/\s+/);
  const rebuild = 'build it again with the path of Node.js: npm run build:hook -- --node /usr/bin/node';
  if (path === '') {
    yield say.error(`${program} does not begin with '#!'`, rebuild);
    return;
  }
  let node: string | undefined = path;
  if (basename(path) === 'env' && argument !== undefined) {
    node = await inPath(argument, env['PATH']);
    if (node === undefined) {
      yield say.error(
        `${program} begins with '#!${path} ${argument}', and the daemon's PATH has no ${argument}`,
        rebuild,
      );
      return;
    }
    const what = `${program} begins with '#!${path} ${argument}': it depends on the daemon's PATH which one that is (${node})`;
    yield say.warning(what, rebuild);
  }
  if ((await may(hook, ['x'], node)) === false) {
    yield say.error(`${program} is to be run by ${node}, which is not there or not executable`, rebuild);
    return;
  }
  if (!basename(node).startsWith('node')) return;
  let writable = false;
  for await (const finding of others(node, hook, say)) {
    writable = true;
    yield finding;
  }
  if (writable) return;
  const version = (await run(node, ['--version'], { signal, env: {} })).stdout.trim();
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  const [wantMajor, wantMinor] = NODE;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor))
    yield say.ok(`${node} is Node.js ${version}`);
  else yield say.error(`${node} is Node.js ${version}; ${NODE.join('.')} or newer is needed`, rebuild);
}

async function firstLine(file: string): Promise<string> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
  const text = buffer.toString('latin1', 0, bytesRead);
  return text.startsWith('#!') ? (text.split('\n', 1)[0] ?? '') : '';
}

async function inPath(name: string, path = '/usr/bin:/bin'): Promise<string | undefined> {
  for (const directory of path.split(delimiter)) {
    const file = join(directory, name);
    if ((await stat(file).catch(() => undefined))?.isFile()) return file;
  }
  return undefined;
}
