/**
 * Writes gzip through fflate.
 *
 * @module
 */
import { Gzip } from 'fflate';
import type { ByteTransform } from '../bytes/stream.ts';
import { coalesce } from './coalesce.ts';
import type { GzipCodecOptions } from './gzip-settings.ts';

/** One member, whose header has no time and no name. */
export function gzipStream(level: NonNullable<GzipCodecOptions['level']>): ByteTransform {
  return (source) => coalesce(deflate(source, level));
}

async function* deflate(
  source: Parameters<ByteTransform>[0],
  level: NonNullable<GzipCodecOptions['level']>,
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const engine = new Gzip({ level, mtime: 0 }, (chunk) => void ready.push(chunk));
  for await (const chunk of source) {
    engine.push(chunk);
    yield* ready.splice(0);
  }
  engine.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}
