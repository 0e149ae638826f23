import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { isAlive, ownerName, thisOwner } from '../../../src/node/spool/owner.ts';

const NOBODY = 65_534;

it('a process of another user that /proc hides is not taken for dead', async (t) => {
  const self = await thisOwner();
  assert.equal(await isAlive({ ...self, handle: 'other' }, self), true);

  const program = join(import.meta.dirname, 'hidden-child.ts');
  const script = `mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups "$@"`;
  const node = [process.execPath, '--conditions=@narkit/source', program, ownerName(self)];
  try {
    execFileSync('unshare', ['--mount', 'sh', '-c', 'mount -t proc -o hidepid=2 proc /proc'], {
      stdio: 'ignore',
    });
  } catch {
    t.skip('only root may hide processes, where mounting is allowed');
    return;
  }
  const said = execFileSync('unshare', ['--mount', 'sh', '-c', script, 'sh', ...node], { encoding: 'utf8' });
  assert.equal(said.trim(), 'undefined');
});
