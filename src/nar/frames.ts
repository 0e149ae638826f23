/**
 * What a NAR holds besides the contents of files.
 *
 * @module
 */
import { NarError } from '../errors.ts';
import type { NarDirectory, NarEntry, NarRegular, NarSymlink } from './entry.ts';
import type { NarLimits } from './limits.ts';
import { checkTarget, OrderCheck } from './order.ts';
import type { NarOutput } from './output.ts';
import {
  CLOSE,
  CLOSE_MEMBER,
  CONTENTS,
  DIRECTORY,
  ENTRY,
  EXECUTABLE,
  MAGIC,
  NODE,
  padding,
  REGULAR,
  ROOT,
  SYMLINK,
} from './token.ts';

/** What a NAR says of a regular file before its content. */
export type RegularHead = Omit<NarRegular, 'body'>;

/** Writes the frames of one tree into an output; whoever asks for them puts the contents in between. */
export class NarFrames {
  readonly #out: NarOutput;
  readonly #limits: NarLimits;
  readonly #order: OrderCheck;
  /** The entry under way is the member of a directory. */
  #member = false;

  constructor(out: NarOutput, limits: NarLimits) {
    this.#out = out;
    this.#limits = limits;
    this.#order = new OrderCheck(limits);
    out.token(MAGIC);
  }

  /**
   * Writes what comes before the entry, and the entry itself: of a file up to where its content begins.
   *
   * @throws NarError `ERR_NAR_SYNTAX` out of order or for a bad name, `ERR_NAR_LIMIT`
   */
  open(entry: NarDirectory | NarSymlink | RegularHead): void {
    const out = this.#out;
    const { name, closed } = this.#order.enter(entry.path);
    for (let i = 0; i < closed; i++) out.token(CLOSE_MEMBER);
    this.#member = name !== undefined;
    if (name === undefined) out.token(ROOT);
    else {
      out.token(ENTRY);
      out.string(name);
      out.token(NODE);
    }
    if (entry.type === 'regular') this.#openRegular(entry);
    else if (entry.type === 'symlink') {
      out.token(SYMLINK);
      out.string(checkTarget(entry.target, entry.path, this.#limits.targetLength));
      this.#close();
    } else if (entry.type === 'directory') {
      this.#order.descend(entry.path);
      out.token(DIRECTORY);
    } else throw new TypeError(`unknown type of entry: ${String((entry as NarEntry).type)}`);
  }

  /** Writes what comes after the content of the file just opened. */
  closeRegular(size: number): void {
    this.#out.zeros(padding(size));
    this.#close();
  }

  /** Ends the tree. */
  finish(): void {
    for (let open = this.#order.finish(); open > 0; open--) this.#out.token(open > 1 ? CLOSE_MEMBER : CLOSE);
    this.#out.end();
  }

  /** A node is closed by one parenthesis, and its entry, where it has one, by another. */
  #close(): void {
    this.#out.token(this.#member ? CLOSE_MEMBER : CLOSE);
  }

  #openRegular(entry: RegularHead): void {
    if (!Number.isSafeInteger(entry.size) || entry.size < 0) {
      throw new NarError(
        'ERR_NAR_LIMIT',
        `size ${entry.size} of '${entry.path}' is not an integer from 0 to 2^53-1`,
        { path: entry.path },
      );
    }
    this.#out.token(REGULAR);
    if (entry.executable) this.#out.token(EXECUTABLE);
    this.#out.token(CONTENTS);
    this.#out.uint64(entry.size);
  }
}
