/**
 * What a store URL says, as plain data.
 *
 * @module
 */

/** What a URL says of the cache, whatever it lies in. */
export interface StoreUrlCache {
  /** `store`. @default '/nix/store' */
  readonly storeDir: string;
  /** `compression`, one of Nix's names, for what is written; absent: the writer's choice. */
  readonly compression?: string;
  /** `compression-level`; absent (or -1): the codec's default. */
  readonly compressionLevel?: number;
  /** `parallel-compression`. */
  readonly parallelCompression?: boolean;
  /** `write-nar-listing`. @default false */
  readonly writeNarListing: boolean;
  /** `secret-key` and `secret-keys`: files, in this order. */
  readonly secretKeyFiles: readonly string[];
  /** `priority`; absent: what `nix-cache-info` says. */
  readonly priority?: number;
  /** `want-mass-query`; absent: what `nix-cache-info` says. */
  readonly wantMassQuery?: boolean;
  /** `trusted`: signatures are not asked for. @default false */
  readonly trusted: boolean;
}

/** A directory. */
export interface FileStoreUrl {
  readonly scheme: 'file';
  /** Absolute. */
  readonly directory: string;
  readonly store: Readonly<Record<string, never>>;
  readonly cache: StoreUrlCache;
}

/** A server that speaks HTTP. */
export interface HttpStoreUrl {
  readonly scheme: 'http' | 'https';
  /** Without parameters, credentials, and slashes at the end. */
  readonly url: string;
  /** Percent-encoded, as in the URL. */
  readonly username?: string;
  /** Percent-encoded, as in the URL; a secret. */
  readonly password?: string;
  readonly store: {
    /** `retry-attempts`: tries in all. */
    readonly retryAttempts?: number;
    /** `retry-delay`: milliseconds before the second try. */
    readonly retryDelayMs?: number;
    /** `retry-max-delay`: milliseconds. */
    readonly retryMaxDelayMs?: number;
  };
  readonly cache: StoreUrlCache;
}

/** A bucket of S3, or of a server that speaks its protocol. */
export interface S3StoreUrl {
  readonly scheme: 's3';
  readonly bucket: string;
  /** What follows the bucket: the cache lies below it, in Nix since 2.33 too. */
  readonly prefix?: string;
  readonly store: {
    /** `region`. @default 'us-east-1' */
    readonly region: string;
    /** `endpoint`, made whole by `scheme` where it has none of its own. */
    readonly endpoint?: string;
    /** `profile` of the AWS configuration. */
    readonly profile?: string;
    /** `addressing-style`; `auto`: path style when there is an endpoint. @default 'auto' */
    readonly addressingStyle: 'auto' | 'path' | 'virtual';
    /** `multipart-chunk-size`, or `buffer-size`: bytes of a part. */
    readonly partSize?: number;
    /** `storage-class`. */
    readonly storageClass?: string;
  };
  readonly cache: StoreUrlCache;
}

/** What {@link parseStoreUrl} reads. */
export type StoreUrl = FileStoreUrl | HttpStoreUrl | S3StoreUrl;
