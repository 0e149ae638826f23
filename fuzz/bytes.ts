/** Blind mutations: what a broken disk, a bad cable or a careless program does to bytes. */
import fc from 'fast-check';

/** A change of bytes; its numbers are taken modulo what is there. */
export type Mutation = (bytes: Buffer) => Buffer;

const position = fc.nat(0xffff);

const flipBit = fc.tuple(position, fc.nat(7)).map(
  ([at, bit]): Mutation =>
    (bytes) => {
      const out = Buffer.from(bytes);
      const index = at % out.length;
      out[index] = (out[index] ?? 0) ^ (1 << bit);
      return out;
    },
);

/** Replaces a range, which may be empty, by some bytes, which may be none. */
const splice = fc.tuple(position, fc.oneof(fc.constant(0), fc.nat(24)), fc.uint8Array({ maxLength: 16 })).map(
  ([at, length, bytes]): Mutation =>
    (input) => {
      const start = at % input.length;
      return Buffer.concat([input.subarray(0, start), bytes, input.subarray(start + length)]);
    },
);

const truncate = position.map(
  (at): Mutation =>
    (bytes) =>
      bytes.subarray(0, at % bytes.length),
);

const append = fc.uint8Array({ minLength: 1, maxLength: 24 }).map(
  (more): Mutation =>
    (bytes) =>
      Buffer.concat([bytes, more]),
);

/** Copies a range to another place. */
const copy = fc.tuple(position, fc.nat(64), position).map(
  ([from, length, to]): Mutation =>
    (bytes) => {
      const start = from % bytes.length;
      const at = to % bytes.length;
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(start, start + length),
        bytes.subarray(at),
      ]);
    },
);

/** One to three blind mutations. */
export const blind: fc.Arbitrary<Mutation> = fc
  .array(fc.oneof(flipBit, splice, truncate, append, copy), { minLength: 1, maxLength: 3 })
  .map(
    (mutations) => (bytes) =>
      mutations.reduce((out, mutate) => (out.length === 0 ? out : mutate(out)), bytes),
  );
