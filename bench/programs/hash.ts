/**
 * The SHA-256 of the NAR of a path, as `nix hash path` prints it: `hash.ts PATH`.
 */
import { argv } from 'node:process';
import { hashSource, printHash } from 'narkit/hash';
import { writeNar } from 'narkit/nar';
import { dumpPath } from 'narkit/node';

// A hash is done with a chunk at once.
const reuse = { reuseChunks: true };
const { hash } = await hashSource('sha256', writeNar(dumpPath(argv[2] as string, reuse), reuse));
console.log(printHash(hash, 'sri'));
