import { constants, zstdCompressSync } from 'node:zlib';
import { zstdDecoder } from '../../src/codec/zstd-decoder.ts';
import { decoderLaws, noise, text } from './laws.ts';
import { zstdLaws } from './zstd-laws.ts';

const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

decoderLaws('zstd by fzstd', zstdDecoder, {
  checksummed: false, // fzstd passes over the checksum
  samples: async () => [
    {
      file: zstdCompressSync('hello hello hello hello hello'),
      content: Buffer.from('hello '.repeat(5).trim()),
    },
    { file: zstdCompressSync('', checksum), content: new Uint8Array(0) },
    { file: zstdCompressSync(text(2_000_000), checksum), content: text(2_000_000) },
    { file: zstdCompressSync(noise(500_000)), content: noise(500_000) },
  ],
});
zstdLaws('zstd by fzstd', zstdDecoder, 128);
