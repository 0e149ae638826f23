/**
 * Everything that the service tells: its log, its metrics and its progress are views of these.
 */
export type ServiceEvent =
  /** A target's worker began; `why` says by which way the Nix store is asked. */
  | { readonly type: 'start'; readonly target: string; readonly cache: string; readonly why: string }
  /** Entries were claimed and are being published together. */
  | { readonly type: 'batch'; readonly target: string; readonly keys: readonly string[] }
  /** `bytes` more of a NAR were read; a NAR whose upload is tried again is read again. */
  | { readonly type: 'progress'; readonly target: string; readonly path: string; readonly bytes: number }
  /** A path of some closure is in the cache. Sizes in bytes. */
  | {
      readonly type: 'published';
      readonly target: string;
      readonly path: string;
      readonly outcome: string;
      readonly narSize: number;
      readonly fileSize: number | undefined;
    }
  /** A path that the settings keep from the cache. */
  | { readonly type: 'skipped'; readonly target: string; readonly path: string; readonly reason: string }
  /** Something went wrong that does not matter enough to fail: an upstream that is down, a log that is gone. */
  | { readonly type: 'note'; readonly target: string; readonly note: string }
  /** A queued path and all it needs is in the cache. */
  | { readonly type: 'done'; readonly target: string; readonly key: string; readonly attempts: number }
  /** It failed, alone, and is tried again. */
  | {
      readonly type: 'failed';
      readonly target: string;
      readonly key: string;
      readonly attempts: number;
      readonly error: string;
      readonly retryAt: Date;
    }
  /** It was given up. */
  | { readonly type: 'dead'; readonly target: string; readonly key: string; readonly reason: string }
  /**
   * The target does not answer, or cannot be opened: nothing is tried before `retryAt`, and no attempt is
   * counted. Told again whenever it was asked in vain.
   */
  | { readonly type: 'down'; readonly target: string; readonly error: string; readonly retryAt: Date }
  | { readonly type: 'up'; readonly target: string; readonly downMs: number }
  /** Paths with a root of the garbage collector but no entry, which were queued again. */
  | { readonly type: 'requeued'; readonly target: string; readonly count: number }
  /** Settings or keys changed and are in use from here on; or `error` says why the old ones still are. */
  | { readonly type: 'reload'; readonly target: string; readonly error: string | undefined }
  /**
   * Something that is about neither a path nor the cache, such as a queue that cannot be read or a root
   * that cannot be removed. Nothing is lost by it, but somebody has to look.
   */
  | { readonly type: 'trouble'; readonly target: string; readonly error: string }
  | { readonly type: 'stopping'; readonly reason: string }
  | { readonly type: 'stopped' };

/** Told of everything that happens; must not throw. */
export type Tell = (event: ServiceEvent) => void;
