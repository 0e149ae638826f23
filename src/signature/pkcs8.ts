/**
 * Ed25519 keys in DER, as RFC 8410 has them: PKCS#8 for secret ones, SPKI for public ones.
 *
 * ```
 * OneAsymmetricKey     = SEQUENCE { version, AlgorithmIdentifier, OCTET STRING { OCTET STRING seed },
 *                                   [0] attributes?, [1] publicKey? }   version 0, or 1 with a public key
 * SubjectPublicKeyInfo = SEQUENCE { AlgorithmIdentifier, BIT STRING publicKey }
 * AlgorithmIdentifier  = SEQUENCE { OBJECT IDENTIFIER 1.3.101.112 }     no parameters
 * ```
 *
 * @module
 */
import { ParseError } from '../errors.ts';
import { DerReader, der, printOid, TAG } from './der.ts';

/** What a secret key in PKCS#8 says. */
export interface Pkcs8 {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** 32 bytes, where it says so too. */
  readonly publicKey: Uint8Array | undefined;
}

const ED25519 = '1.3.101.112';

/** Algorithms whose keys are likely to be taken for ours, for the message. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.1': 'RSA',
  '1.2.840.10045.2.1': 'elliptic curve (ECDSA, ECDH)',
  '1.3.101.110': 'X25519',
  '1.3.101.111': 'X448',
  '1.3.101.113': 'Ed448',
};

const ALGORITHM = der(TAG.sequence, der(TAG.objectIdentifier, Uint8Array.of(0x2b, 0x65, 0x70)));

/** Version 0, without the public key: what OpenSSL, Node.js and WebCrypto write. */
export function printPkcs8(seed: Uint8Array): Uint8Array {
  const version = der(TAG.integer, Uint8Array.of(0));
  return der(TAG.sequence, version, ALGORITHM, der(TAG.octetString, der(TAG.octetString, seed)));
}

/** @throws ParseError `ERR_PARSE_KEY`, with nothing of the key in it. */
export function parsePkcs8(bytes: Uint8Array): Pkcs8 {
  const file = new DerReader(bytes);
  const key = new DerReader(file.read(TAG.sequence, 'the key'));
  file.end('the key');
  const version = key.read(TAG.integer, 'the version');
  if (version.length !== 1 || (version[0] as number) > 1) throw bad('its version is unknown');
  checkAlgorithm(key);
  const wrapped = new DerReader(key.read(TAG.octetString, 'the private key'));
  const seed = wrapped.read(TAG.octetString, 'the seed');
  wrapped.end('the seed');
  checkLength('the seed', seed);
  if (key.next === TAG.attributes) key.read(TAG.attributes, 'attributes');
  let publicKey: Uint8Array | undefined;
  if (key.next === TAG.publicKey) {
    if (version[0] !== 1) throw bad('a public key is in it, which version 0 does not have');
    publicKey = unusedBitsOff(key.read(TAG.publicKey, 'the public key'));
  }
  key.end('the last field');
  return { seed, publicKey };
}

export function printSpki(publicKey: Uint8Array): Uint8Array {
  return der(TAG.sequence, ALGORITHM, der(TAG.bitString, Uint8Array.of(0), publicKey));
}

/** The 32 bytes of the public key. @throws ParseError `ERR_PARSE_KEY` */
export function parseSpki(bytes: Uint8Array): Uint8Array {
  const file = new DerReader(bytes);
  const key = new DerReader(file.read(TAG.sequence, 'the key'));
  file.end('the key');
  checkAlgorithm(key);
  const publicKey = unusedBitsOff(key.read(TAG.bitString, 'the public key'));
  key.end('the public key');
  return publicKey;
}

function checkAlgorithm(key: DerReader): void {
  const algorithm = new DerReader(key.read(TAG.sequence, 'the algorithm'));
  const oid = printOid(algorithm.read(TAG.objectIdentifier, 'the algorithm'));
  if (oid !== ED25519) {
    throw bad(`it is a key for ${ALGORITHMS[oid] ?? `the algorithm ${oid}`}, not for Ed25519`);
  }
  algorithm.end('the algorithm, which has no parameters');
}

function unusedBitsOff(bits: Uint8Array): Uint8Array {
  if (bits[0] !== 0) throw bad('the public key is not of whole bytes');
  return checkLength('the public key', bits.subarray(1));
}

function checkLength(what: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 32) throw bad(`${what} has ${bytes.length} bytes instead of 32`);
  return bytes;
}

function bad(why: string): ParseError {
  return new ParseError('ERR_PARSE_KEY', why);
}
