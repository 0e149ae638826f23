/**
 * narkit: Nix binary-cache primitives, for every JavaScript runtime.
 *
 * This door leads to the portable parts. What needs Node.js is in `narkit/node`, S3 in
 * `narkit/s3`, the conformance suite for stores in `narkit/testing`.
 *
 * @module
 */
export type { ByteSource, ByteTransform, CollectOptions } from './bytes/stream.ts';
export { collect, toAsyncIterable, toReadableStream } from './bytes/stream.ts';
export type { BinaryCacheOptions, RealisationQuery } from './cache/binary-cache.ts';
export { BinaryCache } from './cache/binary-cache.ts';
export type { CacheInfo } from './cache/cache-info.ts';
export { parseCacheInfo, printCacheInfo } from './cache/cache-info.ts';
export { contentCheck } from './cache/content-check.ts';
export { CACHE_INFO_KEY, listingKey, logKey, narInfoKey, narKey } from './cache/layout.ts';
export { mimeType } from './cache/mime.ts';
export type { OpenArchiveOptions } from './cache/open-archive.ts';
export { openArchive } from './cache/open-archive.ts';
export type { PutLogOptions } from './cache/put-log.ts';
export { putLog } from './cache/put-log.ts';
export type { Expected } from './cache/verified.ts';
export { verified } from './cache/verified.ts';
export { type Codec, type Decoder, none } from './codec/codec.ts';
export { gzip, gzipCodec } from './codec/gzip.ts';
export type { GzipCodecOptions } from './codec/gzip-settings.ts';
export { xzDecoder } from './codec/xz-decoder.ts';
export { zstdDecoder } from './codec/zstd-decoder.ts';
export type { Derivation, DerivationOutput } from './derivation/derivation.ts';
export { derivationOutputs } from './derivation/derivation.ts';
export type { DerivationPathOptions, OutputPathsOptions } from './derivation/output-paths.ts';
export { derivationPath, outputPaths } from './derivation/output-paths.ts';
export type { ParseDerivationOptions } from './derivation/parse.ts';
export { parseDerivation } from './derivation/parse.ts';
export type { PrintDerivationOptions } from './derivation/print.ts';
export { printDerivation } from './derivation/print.ts';
export type { NarkitErrorCode } from './errors.ts';
export {
  IntegrityError,
  isNarkitError,
  MissingError,
  NarError,
  NarkitError,
  NixDaemonError,
  ParseError,
  StoreError,
  TrustError,
  UnsupportedError,
} from './errors.ts';
export type { HandlerOptions, ReadHandlerOptions } from './handler/handler.ts';
export { createHandler } from './handler/handler.ts';
export type { Hash, HashAlgo, HashFormat, ParseHashOptions } from './hash/hash.ts';
export { compressHash, equalHash, HASH_SIZES, parseHash, printDigest, printHash } from './hash/hash.ts';
export type { HashAndSize } from './hash/hash-source.ts';
export { hashBytes, hashSource } from './hash/hash-source.ts';
export { decodeNix32, encodeNix32, NIX32_ALPHABET, nix32Length } from './hash/nix32.ts';
export type { NarDirectory, NarEntries, NarEntry, NarRegular, NarSymlink } from './nar/entry.ts';
export { NAR_LIMITS } from './nar/entry.ts';
export type { ExportedObject, ExportInfo, ExportObject, ReadExportOptions } from './nar/export.ts';
export { readExport } from './nar/export.ts';
export { filterEntries } from './nar/filter.ts';
export { type GitHashOptions, gitHash } from './nar/git-hash.ts';
export type { NarLimits } from './nar/limits.ts';
export type { NarListing, NarListingNode, PrintNarListingOptions } from './nar/listing.ts';
export { narListing, printNarListing } from './nar/listing.ts';
export { compareNames, decodeName, encodeName } from './nar/name.ts';
export type {
  NarArchive,
  NarEntriesOptions,
  NarReadBytesOptions,
  NarReadFileOptions,
  NarStat,
} from './nar/nar-archive.ts';
export type { NarRangeReader } from './nar/nar-contents.ts';
export type { OpenNarOptions } from './nar/open-nar.ts';
export { openNar } from './nar/open-nar.ts';
export { parseNarListing } from './nar/parse-listing.ts';
export type { ReadNarOptions } from './nar/read.ts';
export { readNar } from './nar/read.ts';
export type { NarTree, ReadTreeOptions } from './nar/tree.ts';
export { readTree, treeEntries } from './nar/tree.ts';
export type { WriteNarOptions } from './nar/write.ts';
export { writeNar } from './nar/write.ts';
export type { WriteExportOptions } from './nar/write-export.ts';
export { writeExport } from './nar/write-export.ts';
export type {
  EditNarInfoDocumentOptions,
  NarInfoDocument,
  NarInfoField,
} from './narinfo/document.ts';
export { editNarInfoDocument, parseNarInfoDocument, printNarInfoDocument } from './narinfo/document.ts';
export type {
  ExplainTrustOptions,
  SignatureExplanation,
  TrustExplanation,
} from './narinfo/explain.ts';
export { explainTrust } from './narinfo/explain.ts';
export type { FingerprintOptions } from './narinfo/fingerprint.ts';
export { fingerprint } from './narinfo/fingerprint.ts';
export type { FingerprintChange, FingerprintChangeCode } from './narinfo/fingerprint-variants.ts';
export type { LintNarInfoOptions, NarInfoLint, NarInfoQuirk } from './narinfo/lint.ts';
export { lintNarInfo } from './narinfo/lint.ts';
export type { ParseNarInfoOptions } from './narinfo/parse.ts';
export { narInfoOfDocument, parseNarInfo } from './narinfo/parse.ts';
export type { NarInfo, PathInfo } from './narinfo/path-info.ts';
export type { PathInfoJsonOptions } from './narinfo/path-info-json.ts';
export { parsePathInfoJson } from './narinfo/path-info-json.ts';
export type { PathInfoJsonFormat, PrintPathInfoJsonOptions } from './narinfo/path-info-json-print.ts';
export { printPathInfoJson } from './narinfo/path-info-json-print.ts';
export type {
  CompiledPolicy,
  EvaluatePolicyOptions,
  PolicyDecision,
  PolicyReason,
} from './narinfo/policy.ts';
export { compilePolicy } from './narinfo/policy.ts';
export type { PrintNarInfoOptions } from './narinfo/print.ts';
export { printNarInfo } from './narinfo/print.ts';
export type {
  NarInfoConsumer,
  NarInfoQuirkCode,
  NarInfoQuirkKind,
  NarInfoVerdict,
} from './narinfo/quirk.ts';
export { NAR_INFO_QUIRKS } from './narinfo/quirks.ts';
export type { TrustOptions } from './narinfo/sign.ts';
export {
  assertSigned,
  assertTrusted,
  isContentAddressed,
  signPathInfo,
  validSigners,
} from './narinfo/sign.ts';
export { nearest } from './options.ts';
export type { ClosureOptions } from './publish/closure.ts';
export { closure, topologicalOrder } from './publish/closure.ts';
export type { FetchedPath, FetchPathOptions } from './publish/fetch-path.ts';
export { fetchPath } from './publish/fetch-path.ts';
export type { PlanItem, PlanOptions } from './publish/plan.ts';
export { plan } from './publish/plan.ts';
export type { ExistsReceipt, PublishEvent, Receipt } from './publish/progress.ts';
export type { PublishOptions } from './publish/publish.ts';
export { publish } from './publish/publish.ts';
export type { DrvHashOutput, DrvPathOutput, RealisationId } from './realisation/key.ts';
export { parseRealisationKey, realisationKey } from './realisation/key.ts';
export type { DependentRealisation, Realisation } from './realisation/realisation.ts';
export { parseRealisation, printRealisation } from './realisation/realisation.ts';
export {
  realisationFingerprint,
  signRealisation,
  validRealisationSigners,
} from './realisation/sign.ts';
export type { PublicJwk, SecretJwk } from './signature/jwk.ts';
export type { PublicKey } from './signature/key.ts';
export {
  checkKeyName,
  generateSecretKey,
  parsePublicKey,
  parseSecretKey,
  printPublicKey,
  printSecretKey,
  SecretKey,
  secretKeyFromSeed,
  toPublicKey,
} from './signature/key.ts';
export type { PublicKeyFormats, SecretKeyFormats } from './signature/key-formats.ts';
export {
  exportPublicKey,
  exportSecretKey,
  importPublicKey,
  importSecretKey,
} from './signature/key-formats.ts';
export type { PolicyKey, PolicyRequirement, PolicyRule, TrustPolicy } from './signature/policy.ts';
export type { Signature } from './signature/signature.ts';
export {
  equalSignature,
  Keyring,
  mergeSignatures,
  parseSignature,
  printSignature,
} from './signature/signature.ts';
export type { Signer } from './signature/signer.ts';
export { createSigner } from './signature/signer.ts';
export type { WebCryptoKeyPair } from './signature/web-crypto-signer.ts';
export { webCryptoSigner } from './signature/web-crypto-signer.ts';
export { HttpStore } from './store/http.ts';
export type { HeaderFields, HttpStoreOptions } from './store/http-options.ts';
export { checkKey } from './store/key.ts';
export type { MemoryStoreOptions } from './store/memory.ts';
export { MemoryStore } from './store/memory.ts';
export { checkRange, resolveRange } from './store/range.ts';
export type { RetryOptions } from './store/retry.ts';
export type {
  GetOptions,
  ListableStore,
  ListOptions,
  MassQueryStore,
  ObjectInfo,
  PutOptions,
  PutResult,
  ReadableStore,
  StoreCallOptions,
  StoredObject,
  UrlStore,
  WritableStore,
} from './store/store.ts';
export { MAX_NAME_LENGTH } from './store-path/base-name.ts';
export type { ContentAddress, ContentAddressMethod } from './store-path/content-address.ts';
export { parseContentAddress, printContentAddress } from './store-path/content-address.ts';
export type { HashModuloOptions } from './store-path/hash-modulo.ts';
export { hashModulo } from './store-path/hash-modulo.ts';
export type { MakeStorePathOptions } from './store-path/make-store-path.ts';
export { makeContentAddressedPath } from './store-path/make-store-path.ts';
export { findReferences, ReferenceScanner } from './store-path/references.ts';
export type { StoreDir, StorePath, StorePathOptions } from './store-path/store-path.ts';
export {
  checkPathName,
  checkStoreDir,
  DEFAULT_STORE_DIR,
  hashPart,
  isDerivation,
  isHashPart,
  parseBaseName,
  parseStorePath,
  pathName,
  printStorePath,
} from './store-path/store-path.ts';
