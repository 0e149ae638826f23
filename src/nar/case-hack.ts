/**
 * Nix's case hack: how names that differ in case only live in one directory of a file system that
 * cannot tell them apart (setting `use-case-hack`, on by default on macOS).
 *
 * On the disk a name that repeats an earlier one of its directory ignoring ASCII case gets a suffix,
 * `~nix~case~hack~1`; in the archive it has none, so that hashes are the same everywhere. The rules
 * are those of `src/libutil/archive.cc` in Nix.
 *
 * @module
 */
import { NarError } from '../errors.ts';

const SUFFIX = '~nix~case~hack~';

/** The names of one directory on their way from an archive to a disk, in archive order. */
export class CaseHack {
  /** By the name without its case: how often it came again. Names with an added suffix are not in it. */
  readonly #repeats = new Map<string, number>();

  /**
   * The name on the disk.
   *
   * @param path of the entry, for the message.
   * @throws NarError `ERR_FILE_EXISTS` where the name with its suffix is one that the archive itself
   *   has earlier. (One that it has later is for the file system to refuse, as it is in Nix.)
   */
  diskName(name: string, path: string): string {
    const folded = foldCase(name);
    const repeats = this.#repeats.get(folded);
    if (repeats === undefined) {
      this.#repeats.set(folded, 0);
      return name;
    }
    this.#repeats.set(folded, repeats + 1);
    const suffix = `${SUFFIX}${repeats + 1}`;
    if (this.#repeats.has(folded + suffix)) {
      const message = `'${path}' repeats an earlier name but for case, and with the suffix '${suffix}' it does too`;
      throw new NarError('ERR_FILE_EXISTS', message, { path });
    }
    return name + suffix;
  }
}

/** The name in the archive of a name on the disk: all before the first suffix, whatever its number. */
export function archiveName(diskName: string): string {
  const at = diskName.indexOf(SUFFIX);
  return at < 0 ? diskName : diskName.slice(0, at);
}

/** As C's `strcasecmp` sees it: only ASCII letters have a case. */
function foldCase(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
