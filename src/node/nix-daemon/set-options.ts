/**
 * The request that sets a connection up as its client wants it.
 *
 * @module
 */
import type { Request } from './request.ts';
import type { Settings } from './settings.ts';

/** `undefined` where the client wants nothing: then the daemon's own settings stay. */
export function setOptions(wanted: Pick<Settings, 'settings' | 'verbosity'>): Request<void> | undefined {
  const { settings, verbosity } = wanted;
  if (settings === undefined && verbosity === undefined) return undefined;
  return {
    name: 'SetOptions',
    op: 19,
    write: (out) => {
      out.bool(false); // keep-failed
      out.bool(false); // keep-going
      out.bool(false); // fallback
      out.uint64(verbosity ?? 3);
      out.uint64(1); // max-jobs
      out.uint64(0); // max-silent-time
      out.uint64(1); // of long ago: the build hook
      out.uint64(0); // verbosity of builds: their lines come
      out.uint64(0); // of long ago: type of the log
      out.uint64(0); // of long ago: print traces
      out.uint64(0); // cores
      out.bool(true); // substitute
      // These come last in the daemon too, and override the above.
      const pairs = Object.entries(settings ?? {});
      out.uint64(pairs.length);
      for (const pair of pairs) for (const text of pair) out.string(text);
    },
    read: async () => () => {},
  };
}
