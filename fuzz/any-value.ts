/** Changes of any value in a narinfo, whatever it means. */
import fc from 'fast-check';

/** From the old value to the new one; bytes are latin1 characters. */
export type Change = (value: string) => string;

/** What can be done to any value. */
export const anyValue: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom<Change>(
    () => '',
    (value) => `${value} `,
    (value) => ` ${value}`,
    (value) => value.slice(1),
    (value) => value.slice(0, -1),
    (value) => `${value}\0`,
    (value) => `${value}\r`,
    (value) => `${value}\t`,
    (value) => `${value}\xff`,
    (value) => `${value}\xc3\xa9`,
    (value) => value.toUpperCase(),
    (value) => value + value,
    (value) => `${value}/`,
    (value) => `${value}=`,
    (value) => value.replaceAll('=', ''),
    (value) => value.replace(':', ''),
    (value) => value.replace(':', '-'),
  ),
  fc.tuple(fc.nat(200), fc.nat(255)).map(([at, byte]): Change => {
    const char = byte === 10 ? ' ' : String.fromCharCode(byte);
    return (value) =>
      value.slice(0, at % (value.length + 1)) + char + value.slice((at % (value.length + 1)) + 1);
  }),
);
