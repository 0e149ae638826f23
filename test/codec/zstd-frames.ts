/** zstd frames made by hand, of blocks that need no compressor (RFC 8878 section 3.1). */

/** A block of literal bytes, or a run of one byte. */
export type Block = { raw: Uint8Array } | { run: number; length: number };

export interface FrameOptions {
  /** Declared content size. @default none */
  size?: number;
  /** Window descriptor byte. @default 0x38, 128 KiB */
  window?: number;
  /** Bits to set in the frame header descriptor. @default 0 */
  bits?: number;
  /** Bytes of a dictionary id; set the bits too. @default none */
  dictionary?: Uint8Array;
}

export function frame(blocks: readonly Block[], options: FrameOptions = {}): Uint8Array {
  const { size, window = 0x38, bits = 0, dictionary = new Uint8Array(0) } = options;
  const sizeBytes = Buffer.alloc(size === undefined ? 0 : 8);
  if (size !== undefined) sizeBytes.writeBigUInt64LE(BigInt(size));
  const descriptor = (size === undefined ? 0 : 0b1100_0000) | bits;
  const parts: Uint8Array[] = [
    Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, descriptor, window),
    dictionary,
    sizeBytes,
  ];
  blocks.forEach((block, i) => {
    const last = i === blocks.length - 1 ? 1 : 0;
    const length = 'raw' in block ? block.raw.length : block.length;
    const header = (length << 3) | ('raw' in block ? 0 : 1 << 1) | last;
    parts.push(Uint8Array.of(header & 0xff, (header >> 8) & 0xff, (header >> 16) & 0xff));
    parts.push('raw' in block ? block.raw : Uint8Array.of(block.run));
  });
  return Buffer.concat(parts);
}

/** A skippable frame; `low` is the low half-byte of its magic. */
export function skippable(payload: Uint8Array, low = 0): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50 + low, 0);
  head.writeUInt32LE(payload.length, 4);
  return Buffer.concat([head, payload]);
}

/** A frame of `mebibytes` of zeros in 32 bytes each. */
export function bomb(mebibytes: number, options?: FrameOptions): Uint8Array {
  const run = { run: 0, length: 128 * 1024 };
  return frame(
    Array.from({ length: mebibytes * 8 }, () => run),
    options,
  );
}
