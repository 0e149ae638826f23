/**
 * The outputs of a content-addressed derivation, as Nix knows them.
 *
 * Not by `nix-store --query --outputs`, which refuses all such derivations.
 */
import { env } from 'node:process';

/** Where programs are when the PATH of a service says nothing of them. */
const SYSTEM_PATH =
  '/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/local/bin:/usr/bin:/bin';

/** Longer than Nix needs; twice that is less than the hook may take. */
const TIMEOUT_MS = 4000;

/** @throws when Nix cannot be asked, with the reason in one line. */
export async function queryOutputs(drvPath: string): Promise<string[]> {
  // The second form is that of Nix before 2.13, and names the derivation itself since.
  const text = await pathInfo(`${drvPath}^*`).catch(() => pathInfo(drvPath));
  const paths = text.split('\n').filter((path) => path !== '' && path !== drvPath);
  if (paths.length === 0) throw new Error('Nix says none');
  return paths;
}

async function pathInfo(installable: string): Promise<string> {
  // Few builds come here, and loading this takes a part of the hook's time.
  const { execFile } = await import('node:child_process');
  const args = ['--extra-experimental-features', 'nix-command', '--offline', 'path-info', installable];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(
    'nix',
    args,
    {
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      env: { ...env, PATH: `${env['PATH'] ?? ''}:${SYSTEM_PATH}` },
    },
    (error, stdout, stderr) => {
      const reason = stderr.trim().split('\n').at(-1) ?? '';
      if (error === null) resolve(stdout);
      else reject(new Error(reason === '' ? error.message : reason));
    },
  );
  child.stdin?.end();
  return await promise;
}
