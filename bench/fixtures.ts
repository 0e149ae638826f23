/**
 * What is measured: made once in a directory that goes away at the end.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A tree of `files` files in directories of 20; 60,000 files are about 750 MB. Sizes are spread as in real
 * packages (most files small, few large), and contents compress about threefold.
 */
export function makeTree(dir: string, files: number): string {
  const tree = join(dir, `tree-${files}`);
  const text = makeText(4_000_000);
  for (let d = 0; d < files / 20; d++) {
    const folder = join(tree, `lib${d % 50}`, `module-${d}`);
    mkdirSync(folder, { recursive: true });
    for (let f = 0; f < 20; f++) {
      const n = d * 20 + f;
      const size = n % 100 === 0 ? 400_000 : n % 10 === 0 ? 30_000 : 500 + ((n * 7919) % 12_000);
      const start = (n * 104_729) % (text.length - size);
      writeFileSync(join(folder, `file-${f}.txt`), text.subarray(start, start + size));
    }
  }
  return tree;
}

/** A file of `size` bytes that compresses about threefold. */
export async function makeFile(dir: string, size: number): Promise<string> {
  const path = join(dir, `file-${randomUUID()}`);
  const file = await open(path, 'wx');
  const text = makeText(16_000_000);
  for (let written = 0; written < size; written += text.length) {
    // No two blocks alike, or a long-range match would make it too easy.
    text.writeUInt32LE(written >>> 0, (written / text.length) * 8);
    await file.write(text, 0, Math.min(text.length, size - written));
  }
  await file.close();
  return path;
}

/** Words drawn by a hash: the same on every machine. */
function makeText(size: number): Buffer {
  const out = Buffer.alloc(size);
  for (let at = 0, n = 0; at < size; n++) {
    const noise = createHash('sha512').update(String(n)).digest();
    const line = `${noise.toString('base64').slice(0, 40)} the common part of every line of this file, number ${n}\n`;
    at += out.write(line, at, 'latin1');
  }
  return out;
}
