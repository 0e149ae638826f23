/**
 * Signatures of requests, AWS Signature Version 4, for the few header fields and no query that small puts have.
 * The SDK's signer costs ten times as much, most of it for what such requests never have.
 *
 * @module
 */
import { createHasher } from '#native';
import { compareAscii, toBase16, utf8 } from '../bytes/bytes.ts';

/** What a signature is good for. */
export interface SigningScope {
  readonly region: string;
  /** Such as `s3`. */
  readonly service: string;
}

/** Who signs. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A request without what the signature adds. */
export interface Unsigned {
  readonly method: string;
  /** Percent-encoded, from the slash. */
  readonly path: string;
  /** Lower-case names, `host` among them; all are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Signs requests; keeps the key that it derives for a day. */
export class RequestSigner {
  readonly #scope: SigningScope;
  #derived: { readonly secret: string; readonly day: string; readonly key: Hmac } | undefined;

  constructor(scope: SigningScope) {
    this.#scope = scope;
  }

  /** The header fields of the request with those of the signature; `now` in milliseconds since 1970. */
  sign(request: Unsigned, keys: SigningKeys, now: number): Record<string, string> {
    const { region, service } = this.#scope;
    const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
    const day = time.slice(0, 8);
    const payload = toBase16(sha256(request.body));
    const headers: Record<string, string> = {
      ...request.headers,
      'x-amz-content-sha256': payload,
      'x-amz-date': time,
      ...(keys.sessionToken !== undefined && { 'x-amz-security-token': keys.sessionToken }),
    };
    const names = Object.keys(headers).sort(compareAscii);
    const lines = names.map((name) => `${name}:${(headers[name] as string).trim().replace(/\s+/g, ' ')}\n`);
    const signed = names.join(';');
    const canonical = `${request.method}\n${request.path}\n\n${lines.join('')}\n${signed}\n${payload}`;
    const scope = `${day}/${region}/${service}/aws4_request`;
    const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${toBase16(sha256(utf8(canonical)))}`;
    const signature = toBase16(this.#key(keys.secretAccessKey, day).of(text));
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    return headers;
  }

  #key(secret: string, day: string): Hmac {
    if (this.#derived?.secret !== secret || this.#derived.day !== day) {
      const { region, service } = this.#scope;
      let key = new Hmac(utf8(`AWS4${secret}`));
      for (const part of [day, region, service, 'aws4_request']) key = new Hmac(key.of(part));
      this.#derived = { secret, day, key };
    }
    return this.#derived.key;
  }
}

/** HMAC with SHA-256 (RFC 2104) by one key. */
class Hmac {
  readonly #inner = new Uint8Array(64).fill(0x36);
  readonly #outer = new Uint8Array(64).fill(0x5c);

  constructor(key: Uint8Array) {
    for (const [i, byte] of (key.length > 64 ? sha256(key) : key).entries()) {
      this.#inner[i] = byte ^ 0x36;
      this.#outer[i] = byte ^ 0x5c;
    }
  }

  of(text: string): Uint8Array {
    return sha256(this.#outer, sha256(this.#inner, utf8(text)));
  }
}

function sha256(...chunks: Uint8Array[]): Uint8Array {
  const hasher = createHasher('sha256');
  for (const chunk of chunks) hasher.update(chunk);
  return hasher.digest();
}
