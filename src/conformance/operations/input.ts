/**
 * The arguments of a case, with their types.
 *
 * @module
 */
import { fromBase64 } from '../../bytes/bytes.ts';
import type { ConformanceCase } from '../suite.ts';

type Input = ConformanceCase['input'];

/** A text. */
export function text(input: Input, name: string): string {
  const value = input[name];
  if (typeof value !== 'string') throw new TypeError(`the case has no text '${name}'`);
  return value;
}

/** A text that may be absent. */
export function optionalText(input: Input, name: string): string | undefined {
  return input[name] === undefined ? undefined : text(input, name);
}

/** A list of texts. */
export function texts(input: Input, name: string): string[] {
  const value = input[name];
  if (!Array.isArray(value)) throw new TypeError(`the case has no list '${name}'`);
  return value.map(String);
}

/** Bytes, in base64. */
export function bytes(input: Input, name: string): Uint8Array {
  return fromBase64(text(input, name));
}

/** A number. */
export function number(input: Input, name: string): number {
  const value = input[name];
  if (typeof value !== 'number') throw new TypeError(`the case has no number '${name}'`);
  return value;
}
