/**
 * The secret keys of a target, read anew when their files change.
 */
import { stat } from 'node:fs/promises';
import { readSecretKeyFile } from 'narkit/node';
import { createSigner, type Signer } from 'narkit/signature';

export class SigningKeys {
  readonly #files: readonly string[];
  #state = '';
  #signers: readonly Signer[] = [];

  static async open(files: readonly string[]): Promise<SigningKeys> {
    const keys = new SigningKeys(files);
    await keys.reload();
    return keys;
  }

  private constructor(files: readonly string[]) {
    this.#files = files;
  }

  get signers(): readonly Signer[] {
    return this.#signers;
  }

  /** Whether something changed. Throws where a file is bad; then the keys stay as they were. */
  async reload(): Promise<boolean> {
    // Looked at before they are read: a change in between is seen the next time.
    const state = (await Promise.all(this.#files.map(stateOf))).join('\n');
    if (state === this.#state) return false;
    const signers: Signer[] = [];
    for (const file of this.#files) signers.push(createSigner(await readSecretKeyFile(file)));
    this.#signers = signers;
    this.#state = state;
    return true;
  }
}

async function stateOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    // Reading says better what is wrong.
    return String((error as { code?: unknown }).code);
  }
}
