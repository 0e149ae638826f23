/**
 * What needs Node.js (or Deno, Bun): trees and stores on disk, fast codecs, the installed Nix.
 *
 * @module
 */
export { type BrotliCodecOptions, brotli, brotliCodec } from './codec/brotli.ts';
export { type CommandCodecOptions, type CommandLine, commandCodec } from './codec/command.ts';
export { type CreateCodecOptions, createCodec, nodeCodecs } from './codec/create-codec.ts';
export { nodeGzip, nodeGzipCodec } from './codec/gzip.ts';
export {
  bzip2,
  bzip2Codec,
  lz4,
  lz4Codec,
  lzip,
  lzipCodec,
  type ProgramCodecOptions,
} from './codec/programs.ts';
export { type XzCodecOptions, xz, xzCodec } from './codec/xz.ts';
export { type ZstdCodecOptions, zstd, zstdCodec } from './codec/zstd.ts';
export { type DumpOptions, dumpPath } from './dump.ts';
export { FileStore, type FileStoreOptions } from './file-store.ts';
export type { FileType } from './fs-path.ts';
export { type HashPathOptions, hashPath } from './hash-path.ts';
export {
  type ReadSecretKeyFileOptions,
  readPublicKeyFile,
  readSecretKeyFile,
  writeKeyFiles,
} from './key-file.ts';
export type { KeyFileProblem } from './key-file-problems.ts';
export { type LocalNarOptions, localNar } from './local-nar.ts';
export {
  type LocalNix,
  type LocalNixFailure,
  type LocalNixKind,
  type LocalNixOptions,
  type LocalNixStore,
  type LocalNixWay,
  localNix,
} from './local-nix.ts';
export { Netrc, type NetrcEntry, type NetrcLogin, netrcHeaders, parseNetrc } from './netrc.ts';
export { NixCommand, type NixCommandOptions } from './nix-command.ts';
export { NixConf, type NixConfSetting } from './nix-conf.ts';
export { keyringFromNixConf, type NixCacheSettings, nixCacheSettings } from './nix-conf-cache.ts';
export { type ReadNixConfOptions, readNixConf } from './nix-conf-files.ts';
export { type NixConfItem, parseNixConf } from './nix-conf-parse.ts';
export type { NixDaemonContent, NixDaemonObject } from './nix-daemon/add-operations.ts';
export type {
  AddMultipleToStoreOptions,
  AddToStoreNarOptions,
  AddToStoreOptions,
  BuildPathsOptions,
  NixDaemonCallOptions,
  QueryValidPathsOptions,
} from './nix-daemon/call-options.ts';
export type { NixDaemonInfo } from './nix-daemon/handshake.ts';
export type { NixDaemonEvent } from './nix-daemon/log.ts';
export { NixDaemon } from './nix-daemon/nix-daemon.ts';
export type { NixDaemonBuildMode, NixDaemonMissing, NixDaemonTarget } from './nix-daemon/operations.ts';
export type { RegistrationOptions } from './nix-daemon/path-info-wire.ts';
export type { NixDaemonOptions } from './nix-daemon/settings.ts';
export {
  type NixDaemonCommandOptions,
  type NixDaemonTransport,
  nixDaemonCommand,
  nixDaemonSocket,
} from './nix-daemon/transport.ts';
export { NixDatabase, type NixDatabaseCallOptions, type NixDatabaseOptions } from './nix-database.ts';
export { type OpenCacheOptions, type OpenedCache, openCache } from './open-cache.ts';
export { type OpenStoreOptions, openStore } from './open-store.ts';
export { type RestoreOptions, type RestoreResult, restorePath } from './restore.ts';
export type { SpoolClaim, SpoolRetryOptions } from './spool/claim.ts';
export type { SpoolEntry } from './spool/entry-text.ts';
export type { SpoolItem, SpoolState, SpoolStats } from './spool/look.ts';
export type { SpoolNextOptions, SpoolOptions } from './spool/settings.ts';
export { Spool } from './spool/spool.ts';
export { parseStoreUrl } from './store-url.ts';
export type { FileStoreUrl, HttpStoreUrl, S3StoreUrl, StoreUrl, StoreUrlCache } from './store-url-types.ts';
