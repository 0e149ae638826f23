/**
 * Store objects for tests: content-addressed or not, with references, made of a line of text.
 */

import { collect } from 'narkit';
import { hashBytes } from 'narkit/hash';
import { writeNar } from 'narkit/nar';
import type { PathInfo } from 'narkit/narinfo';
import { parseBaseName, type StorePath } from 'narkit/store-path';

export interface TestObject {
  readonly info: PathInfo;
  readonly nar: Uint8Array;
}

/** An unsigned object named `name`; its hash part is derived from the name. */
export async function textObject(
  name: string,
  text: string | Uint8Array,
  references: readonly StorePath[] = [],
): Promise<TestObject> {
  const body = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const nar = await collect(
    writeNar([{ type: 'regular', path: '', executable: false, size: body.length, body }]),
  );
  const storePath = pathOf(name);
  return {
    info: { storePath, narHash: hashBytes('sha256', nar), narSize: nar.length, references, signatures: [] },
    nar,
  };
}

/** A store path of that name; equal names give equal paths. */
export function pathOf(name: string): StorePath {
  const digits = '0123456789abcdfghijklmnpqrsvwxyz';
  const { digest } = hashBytes('sha256', new TextEncoder().encode(name));
  return parseBaseName(`${Array.from(digest, (byte) => digits[byte % 32]).join('')}-${name}`);
}

/** What `publish` wants as `nar`. */
export function narsOf(objects: readonly TestObject[]): (info: PathInfo) => Uint8Array {
  const nars = new Map(objects.map(({ info, nar }) => [info.storePath, nar]));
  return (info) => nars.get(info.storePath) as Uint8Array;
}
