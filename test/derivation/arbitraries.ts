/**
 * Generated derivations.
 */
import fc from 'fast-check';
import type { Derivation, DerivationOutput } from 'narkit/derivation';
import { type Hash, NIX32_ALPHABET } from 'narkit/hash';
import { decodeName } from 'narkit/nar';
import { parseBaseName, type StorePath } from 'narkit/store-path';

const part = fc.string({ unit: fc.constantFrom(...NIX32_ALPHABET), minLength: 32, maxLength: 32 });

export const storePath: fc.Arbitrary<StorePath> = part.map((text) => parseBaseName(`${text}-x`));
const drvPath: fc.Arbitrary<StorePath> = part.map((text) => parseBaseName(`${text}-x.drv`));

/** Any bytes, often those that are escaped. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\r', '\t', '\0', 'n', 'é', '😀', ' ') }),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => decodeName(bytes)),
);

const sha256: fc.Arbitrary<Hash> = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((digest) => ({ algo: 'sha256', digest }));

const plain = { noNullPrototype: true };

const output: fc.Arbitrary<DerivationOutput> = fc.oneof(
  fc.record({ type: fc.constant('input-addressed' as const), path: storePath }, plain),
  fc.record(
    {
      type: fc.constant('fixed' as const),
      path: storePath,
      ca: fc.record({ method: fc.constantFrom('flat', 'nar', 'git', 'text'), hash: sha256 }, plain),
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constantFrom('floating' as const, 'impure' as const),
      method: fc.constantFrom('flat', 'nar', 'git', 'text'),
      algo: fc.constantFrom('md5', 'sha1', 'sha256', 'sha512'),
    },
    plain,
  ),
  fc.constant({ type: 'deferred' as const }),
);

const mapOf = <K, V>(key: fc.Arbitrary<K>, value: fc.Arbitrary<V>): fc.Arbitrary<Map<K, V>> =>
  fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => new Map(entries));

export const derivation: fc.Arbitrary<Derivation> = fc.record(
  {
    outputs: mapOf(
      text.filter((name) => name !== ''),
      output,
    ),
    inputDrvs: mapOf(drvPath, fc.uniqueArray(text, { maxLength: 3 })),
    inputSrcs: fc.uniqueArray(storePath, { maxLength: 3 }),
    system: text,
    builder: text,
    args: fc.array(text, { maxLength: 4 }),
    env: mapOf(fc.oneof(text, fc.constantFrom('__proto__', '1', '0')), text),
  },
  plain,
);
