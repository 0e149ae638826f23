/** gzip files of all kinds. */
import { gzipSync } from 'node:zlib';
import { noise, text } from './laws.ts';

export const gzipSamples = async () => [
  { file: gzipSync('hello hello hello'), content: Buffer.from('hello hello hello') },
  { file: gzipSync(''), content: new Uint8Array(0) },
  { file: withName(gzipSync('named'), 'a name', 'and a comment'), content: Buffer.from('named') },
  { file: withName(gzipSync('named'), 'n'.repeat(20_000), ''), content: Buffer.from('named') },
  { file: gzipSync(text(2_000_000), { level: 9 }), content: text(2_000_000) },
  { file: gzipSync(noise(500_000)), content: noise(500_000) },
];

/** Puts FNAME and FCOMMENT into a gzip header (RFC 1952 section 2.3). */
export function withName(file: Uint8Array, name: string, comment: string): Uint8Array {
  const header = Uint8Array.from(file.subarray(0, 10));
  header[3] = 0b1_1000;
  return Buffer.concat([header, Buffer.from(`${name}\0${comment}\0`), file.subarray(10)]);
}
