/**
 * Which nix.conf sets the hook.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseNixConf, readNixConf } from 'narkit/node';
import type { Findings, Say } from './finding.ts';
import type { Environment, Surroundings } from './surroundings.ts';

/** One assignment of `post-build-hook`. */
export interface HookLayer {
  /** The file, or `NIX_CONFIG`. */
  readonly file: string;
  readonly line: number;
  /** As written; empty: no hook. */
  readonly value: string;
}

/** All assignments, in Nix's order: the last one counts. */
export async function hookLayers(env: Environment): Promise<HookLayer[]> {
  const { files } = await readNixConf({ env });
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const));
  const inline = env['NIX_CONFIG'];
  if (inline !== undefined) texts.push(['NIX_CONFIG', inline]);
  return texts.flatMap(([file, text]) =>
    parseNixConf(text, file).flatMap((item) =>
      item.type === 'setting' && item.name === 'post-build-hook'
        ? [{ file, line: item.line, value: item.value }]
        : [],
    ),
  );
}

/** Which of our hooks a program is: by its name, which in the Nix store has a hash or a directory before it. */
export function hookKind(program: string): 'queued' | 'plain' | undefined {
  const [, name] = /(?:^|-)(upload-to-cache|enqueue-upload)(?:\.sh)?$/.exec(basename(program)) ?? [];
  return name === undefined ? undefined : name === 'enqueue-upload' ? 'queued' : 'plain';
}

export async function* hookSetting({ env, hookEnv, configFile }: Surroundings, say: Say): Findings {
  const { confDir, unreadable } = await readNixConf({ env: hookEnv });
  const system = `${confDir}/nix.conf`;
  const set = `write 'post-build-hook = /etc/nix/enqueue-upload' into ${system} and run: systemctl restart nix-daemon`;
  for (const file of unreadable)
    yield say.warning(
      `${file} cannot be read by this user, so what it sets is not known`,
      'run the doctor as root',
    );
  const layers = await hookLayers(hookEnv);
  const last = layers.at(-1);
  if (last === undefined || last.value === '') {
    const where =
      last === undefined
        ? `${system} does not set it`
        : `${last.file}, line ${last.line}, sets it to nothing`;
    yield say.error(`there is no post-build-hook: ${where}`, set);
    return;
  }
  const place = `${last.file}, line ${last.line}`;
  const kind = hookKind(last.value);
  if (kind === 'queued') yield say.ok(`post-build-hook = ${last.value} (${place})`);
  else if (kind === 'plain') {
    const what = `${place} sets the plain hook ${last.value}: builds wait for uploads, and nothing is queued`;
    yield say.error(what, `${set}; or, to stay with the plain hook, remove ${configFile}`);
  } else
    yield say.warning(
      `${place} sets another hook, ${last.value}`,
      `${set}; or let that program call enqueue-upload`,
    );
  for (const { file, line, value } of layers.slice(0, -1)) {
    if (value !== last.value) {
      const what = `${file}, line ${line}, sets ${value === '' ? 'no hook' : value}, which ${place} overrides`;
      yield say.warning(what, `remove the line from ${file}, or that from ${last.file}`);
    }
  }
  const mine = (await hookLayers(env)).at(-1);
  if (mine !== undefined && mine.value !== last.value) {
    const what = `for this user ${mine.file} sets the hook ${mine.value}; the daemon has ${last.value}, and takes another one only from trusted users`;
    yield say.warning(what, `remove post-build-hook from ${mine.file}`);
  }
}
