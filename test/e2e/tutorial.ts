/**
 * The post-build-hook chapter of the Nix manual, step by step, with our hook.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NixWorld } from '../support/nix.ts';

/** Builds the example hook, for the Node that runs the tests. */
export function buildHook(out: string): void {
  execFileSync(process.execPath, ['scripts/build-hook.ts', '--node', process.execPath, '--out', out], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const EXPRESSION = `
let dep = derivation {
  name = "dep"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo dep > $out" ];
}; in derivation {
  name = "example"; system = builtins.currentSystem; builder = "/bin/sh"; inherit dep; salt = builtins.getEnv "SALT";
  args = [ "-c" "/bin/mkdir $out; echo $dep $salt > $out/a; echo hi > $out/b; /bin/chmod +x $out/b; /bin/ln -s b $out/c" ];
}`;

/** Where the hook uploads to, and where Nix gets it back from. */
export interface Route {
  readonly upload: string;
  readonly substituter: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs the chapter in a fresh world; every step asserts. Returns the path it was done with. */
export async function tutorial(world: NixWorld, hook: string, route: Route): Promise<string> {
  const [secret, publicFile] = [join(world.dir, 'key.private'), join(world.dir, 'key.public')];
  await world.run('nix-store', ['--generate-binary-cache-key', 'example-nix-cache-1', secret, publicFile]);
  const publicKey = await readFile(publicFile, 'utf8');

  const installed = join(world.dir, 'upload-to-cache');
  await copyFile(hook, installed);
  await writeFile(`${installed}.conf`, `# where to\ncache = ${route.upload}\nsecret-key-files = ${secret}\n`);
  await world.configure({ 'post-build-hook': installed });
  await writeFile(join(world.dir, 'example.nix'), EXPRESSION);
  const env = { ...route.env, SALT: `${process.pid} ${Date.now()}` };
  const built = await world.try('nix-build', ['--no-out-link', 'example.nix'], env);
  assert.equal(built.code, 0, built.stderr);
  assert.match(built.stderr, /post-build-hook: uploaded .*-example/);
  const path = built.stdout.trim();

  const dump = async (): Promise<string> => await world.run('nix-store', ['--dump', path]);
  const before = await dump();
  const closure = (await world.run('nix-store', ['--query', '--requisites', path])).trim().split('\n');
  assert.equal(closure.length, 2);
  await world.run('nix-store', ['--delete', ...closure]);
  assert.ok(!existsSync(path), 'the path should be deleted');

  // The consumer: no hook, no secret key.
  const consume = async (key: string): Promise<void> =>
    await world.configure({ substituters: route.substituter, 'trusted-public-keys': key });
  await consume('other-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=');
  const refused = await world.try('nix-store', ['--realise', path], route.env);
  assert.notEqual(refused.code, 0, 'a wrong trusted key must be refused');
  assert.ok(!existsSync(path));
  await consume(publicKey);
  await world.run('nix-store', ['--realise', path], route.env);
  assert.equal(await dump(), before, 'the content should be what was built');
  return path;
}
