/**
 * Says whether an owner is alive: `hidden-child.ts NAME`.
 */
import { isAlive, parseOwner, thisOwner } from '../../../src/node/spool/owner.ts';

const owner = parseOwner(process.argv[2] ?? '');
if (owner === undefined) throw new Error('not the name of an owner');
console.log(await isAlive(owner, await thisOwner()));
