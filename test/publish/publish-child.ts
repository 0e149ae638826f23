/**
 * Publishes the closure set into the cache directory in argv, to be killed while at it.
 */
import { BinaryCache } from 'narkit/cache';
import { FileStore, zstd } from 'narkit/node';
import { publish } from 'narkit/publish';
import { createSigner, generateSecretKey } from 'narkit/signature';
import { narsOf } from '../support/infos.ts';
import { closureSet } from './closure-set.ts';

const objects = await closureSet();
const cache = new BinaryCache(new FileStore(process.argv[2] as string), { decoders: [zstd] });
process.stdout.write('ready\n');
await publish(
  cache,
  objects.map(({ info }) => info),
  { nar: narsOf(objects), codec: zstd, signers: [createSigner(generateSecretKey('crash-1'))] },
);
process.stdout.write('done\n');
