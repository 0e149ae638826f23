/**
 * The SHA-256 of the NAR of a path, as `nix hash path` prints it: `hash.ts PATH`.
 */
import { argv } from 'node:process';
import { printHash } from 'narkit/hash';
import { hashPath } from 'narkit/node';

const { hash } = await hashPath(argv[2] as string);
console.log(printHash(hash, 'sri'));
