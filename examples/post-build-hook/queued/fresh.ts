/**
 * An answer that several may share.
 */

/** Calls `look` once for all who ask within `ms` of its answer, for looking at long queues takes a while. */
export function fresh<T>(look: () => Promise<T>, ms: number): () => Promise<T> {
  let current: Promise<T> | undefined;
  return async () => {
    if (current !== undefined) return await current;
    const looking = look();
    current = looking;
    const forget = (): void => {
      current = undefined;
    };
    looking.then(() => setTimeout(forget, ms).unref(), forget);
    return await looking;
  };
}
