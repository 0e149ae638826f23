/**
 * What the parts of a spool share.
 *
 * @module
 */
import { link, lstat, rename, rm, unlink } from 'node:fs/promises';
import { syncDirectory } from '../file-store-write.ts';
import { systemCode } from '../fs-path.ts';
import { appendLines, type EntryFile, NotAnEntry, readEntryFile, setAside } from './entry-file.ts';
import { type EntryText, parseEntry, tagLine } from './entry-text.ts';
import { type DIRECTORIES, directoryOf, type Layout } from './layout.ts';
import { type Owner, ownerName } from './owner.ts';
import { isGone, isTransient } from './spool-error.ts';
import { type Ticket, ticketId, ticketName } from './ticket.ts';
import { Usage } from './usage.ts';
import { Window } from './window.ts';

/** An entry as it was read. */
export interface Read extends EntryFile {
  readonly entry: EntryText;
}

/** The inside of one handle. */
export class Inner {
  readonly layout: Layout;
  readonly owner: Owner;
  readonly ownerName: string;
  readonly usage: Usage;
  /** What can be claimed. */
  readonly ready: Window;
  /** What must wait; by due time, for the first character of a name is the priority. */
  readonly later: Window;
  readonly #syncs = new Map<string, { running: Promise<void>; next: Promise<void> | undefined }>();

  constructor(layout: Layout, owner: Owner) {
    this.layout = layout;
    this.owner = owner;
    this.ownerName = ownerName(owner);
    this.usage = new Usage(layout);
    this.ready = new Window(this.path('queue'), (name) => name);
    this.later = new Window(this.path('delayed'), (name) => name.slice(2));
  }

  /** A directory of the spool, or a file in it. */
  path(directory: (typeof DIRECTORIES)[number], name?: string): string {
    const path = directoryOf(this.layout, directory);
    return name === undefined ? path : `${path}/${name}`;
  }

  /** Makes the names in a directory durable; calls that come while one runs share the next. */
  async sync(directory: (typeof DIRECTORIES)[number]): Promise<void> {
    const path = this.path(directory);
    const current = this.#syncs.get(path);
    if (current === undefined) return await this.#runSync(path);
    current.next ??= current.running.catch(() => undefined).then(() => this.#runSync(path));
    await current.next;
  }

  async #runSync(path: string): Promise<void> {
    const current = { running: syncDirectory(path), next: undefined };
    this.#syncs.set(path, current);
    try {
      await current.running;
    } finally {
      if (this.#syncs.get(path) === current && current.next === undefined) this.#syncs.delete(path);
    }
  }

  /**
   * Reads an entry; what is none is set aside, and its key is free again.
   *
   * @param id What its name says of its key.
   * @returns `undefined` for what is gone or set aside.
   */
  async read(path: string | Buffer, name: string, id?: string): Promise<Read | undefined> {
    try {
      const file = await readEntryFile(path);
      const entry = parseEntry(file.text);
      if (id !== undefined && ticketId(entry.key) !== id)
        throw new NotAnEntry(`its key does not belong to its name`);
      return { ...file, entry };
    } catch (err) {
      if (isGone(err)) return undefined;
      if (isTransient(err) || !(err instanceof Error)) throw err;
      if (id !== undefined && (await this.#isKeyOf(id, path)))
        await unlink(this.path('keys', id)).catch(() => undefined);
      await setAside(this.layout, path, name, err.message);
      return undefined;
    }
  }

  /**
   * Puts an entry among the waiting, once: whoever links its key first has it. May be called for an
   * entry that is half put there.
   *
   * @returns `gone` when another process was faster.
   */
  async place(
    path: string | Buffer,
    entry: EntryText,
    ticket: Ticket,
  ): Promise<'queued' | 'present' | 'gone'> {
    const key = this.path('keys', ticket.id);
    for (;;) {
      try {
        await link(path, key);
        // Before the entry shows: one without its key could be queued twice.
        await this.sync('keys');
        break;
      } catch (err) {
        if (isGone(err)) return 'gone';
        if (systemCode(err) !== 'EEXIST') throw err;
      }
      if (await this.#isKeyOf(ticket.id, path)) break;
      if (!(await this.addTags(ticket.id, entry.tags))) continue;
      await unlink(path).catch((err: unknown) => {
        if (!isGone(err)) throw err;
      });
      return 'present';
    }
    return (await this.moveToWaiting(path, ticket)) ? 'queued' : 'gone';
  }

  /**
   * Makes sure that a claimed entry has its key; of two of the same key, as a copy without hard links
   * has them, the one that the key leads to remains.
   */
  async holdKey(path: string, entry: EntryText, id: string): Promise<boolean> {
    if (await this.#isKeyOf(id, path)) return true;
    await this.linkOrKeep(path, this.path('keys', id));
    if (await this.#isKeyOf(id, path)) return true;
    await this.addTags(id, entry.tags);
    await unlink(path);
    return false;
  }

  /** Removes an entry: the key first, so that one that is queued from here on stays. */
  async forget(path: string, id: string): Promise<void> {
    if (await this.#isKeyOf(id, path)) await rm(this.path('keys', id), { force: true });
    await rm(path, { force: true });
  }

  /** Gives a file a second name, unless that is taken. */
  async linkOrKeep(path: string, to: string): Promise<void> {
    await link(path, to).catch((err: unknown) => {
      if (systemCode(err) !== 'EEXIST' && !isGone(err)) throw err;
    });
  }

  /** @returns `false` when it was gone. */
  async moveToWaiting(path: string | Buffer, ticket: Ticket): Promise<boolean> {
    const name = ticketName(ticket);
    const waits = ticket.due > Date.now();
    try {
      await rename(path, this.path(waits ? 'delayed' : 'queue', name));
    } catch (err) {
      if (isGone(err)) return false;
      throw err;
    }
    (waits ? this.later : this.ready).offer(name);
    return true;
  }

  /** Adds tags to the entry of a key. @returns `false` when there is none. */
  async addTags(id: string, tags: readonly string[]): Promise<boolean> {
    const present = await appendLines(this.path('keys', id), tags.map(tagLine));
    // Whoever put it there may not have come to that yet.
    if (present) await this.sync('keys');
    return present;
  }

  /** Whether a file is the entry that its key leads to. */
  async #isKeyOf(id: string, path: string | Buffer): Promise<boolean> {
    const ino = async (file: string | Buffer): Promise<bigint | undefined> =>
      await lstat(file, { bigint: true }).then(
        (stats) => stats.ino,
        () => undefined,
      );
    const own = await ino(path);
    return own !== undefined && own === (await ino(this.path('keys', id)));
  }
}
