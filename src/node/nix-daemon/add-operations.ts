/**
 * The requests that put something into the store.
 *
 * @module
 */
import type { ByteSource } from '../../bytes/stream.ts';
import { toAsyncIterable } from '../../bytes/stream.ts';
import { IntegrityError } from '../../errors.ts';
import type { HashAlgo } from '../../hash/hash.ts';
import type { PathInfo } from '../../narinfo/path-info.ts';
import type { ContentAddressMethod } from '../../store-path/content-address.ts';
import type { StoreDir, StorePath } from '../../store-path/store-path.ts';
import { checkPathName, parseStorePath, printStorePath } from '../../store-path/store-path.ts';
import type { AddMultipleToStoreOptions, AddToStoreNarOptions } from './call-options.ts';
import { done, nothing } from './operations.ts';
import { type RegistrationOptions, readPathInfo, writePathInfo } from './path-info-wire.ts';
import type { Request } from './request.ts';
import { WireWriter } from './wire-writer.ts';

/** A store object to be added by its content. */
export interface NixDaemonContent {
  /** What follows the hash part of its path. */
  readonly name: string;
  readonly method: ContentAddressMethod;
  /** @default 'sha256' */
  readonly algo?: HashAlgo;
  /** @default [] */
  readonly references?: readonly StorePath[];
}

/** A store object and its NAR. */
export interface NixDaemonObject extends RegistrationOptions {
  readonly info: PathInfo;
  /** Its NAR; opened when its turn comes, if it is a function. */
  readonly nar: ByteSource | (() => ByteSource | Promise<ByteSource>);
}

const METHODS: Readonly<Record<ContentAddressMethod, string>> = {
  text: 'text:',
  flat: 'fixed:',
  nar: 'fixed:r:',
  git: 'fixed:git:',
};

/** Adds one object with its NAR. */
export function addToStoreNar(
  info: PathInfo,
  nar: ByteSource,
  options: AddToStoreNarOptions,
  storeDir: StoreDir,
): Request<void> {
  return {
    name: 'AddToStoreNar',
    op: 39,
    write: (out) => {
      writePathInfo(out, info, options, storeDir);
      out.bool(options.repair ?? false);
      out.bool(!(options.checkSigs ?? true));
    },
    body: { source: nar, guarded: true },
    read: nothing,
  };
}

/** Adds several objects at once. */
export function addMultipleToStore(
  objects: readonly NixDaemonObject[],
  options: AddMultipleToStoreOptions,
  storeDir: StoreDir,
): Request<void> {
  return {
    name: 'AddMultipleToStore',
    op: 44,
    since: 32,
    write: (out) => {
      out.bool(options.repair ?? false);
      out.bool(!(options.checkSigs ?? true));
    },
    body: { source: stream(objects, storeDir), guarded: true },
    read: nothing,
  };
}

async function* stream(objects: readonly NixDaemonObject[], storeDir: StoreDir): AsyncGenerator<Uint8Array> {
  const head = new WireWriter();
  head.uint64(objects.length);
  yield head.finish();
  for (const { info, nar, ...registration } of objects) {
    const out = new WireWriter();
    writePathInfo(out, info, registration, storeDir);
    yield out.finish();
    // The daemon finds the next object by this size.
    const { narSize } = info;
    let size = 0;
    const check = (wrong: boolean): void => {
      if (!wrong) return;
      const subject = `NAR of ${printStorePath(info.storePath, storeDir)}`;
      const actual = `${size > narSize ? 'more than ' : ''}${Math.min(size, narSize)}`;
      throw new IntegrityError('ERR_SIZE_MISMATCH', `${subject} has ${actual} bytes instead of ${narSize}`, {
        subject,
        expected: String(narSize),
        actual,
      });
    };
    for await (const chunk of toAsyncIterable(typeof nar === 'function' ? await nar() : nar)) {
      size += chunk.length;
      check(size > narSize);
      yield chunk;
    }
    check(size !== narSize);
  }
}

/** Adds a content-addressed object: the daemon hashes it and names it. */
export function addToStore(
  content: NixDaemonContent,
  dump: ByteSource,
  repair: boolean,
  storeDir: StoreDir,
): Request<PathInfo> {
  const { name, method, algo = 'sha256', references = [] } = content;
  checkPathName(name);
  return {
    name: 'AddToStore',
    op: 7,
    since: 25,
    write: (out) => {
      out.string(name);
      out.string(`${METHODS[method]}${algo}`);
      out.strings(references.map((path) => printStorePath(path, storeDir)));
      out.bool(repair);
    },
    // A flat file that is cut off is another file, and would be added as that.
    body: { source: dump, guarded: method === 'nar' || method === 'git' },
    read: async (input) => {
      const path = await input.string('a path');
      const info = await readPathInfo(input, storeDir);
      return () => info(parseStorePath(path, { storeDir }));
    },
  };
}

/** Adds the log of a build, which the daemon compresses. */
export function addBuildLog(drvPath: StorePath, log: ByteSource): Request<void> {
  return {
    name: 'AddBuildLog',
    op: 45,
    since: 34,
    write: (out) => out.string(drvPath),
    body: { source: log, guarded: false },
    read: done,
  };
}
