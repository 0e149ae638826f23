/**
 * What belongs to a built path by its derivation: its name among the outputs, and what it was built from.
 */
import { type Derivation, derivationOutputs } from 'narkit/derivation';
import { isDerivation, pathName, type StorePath } from 'narkit/store-path';
import type { LocalStore } from './local-store.ts';

/** Such as `out`; `undefined` where nobody knows. */
export function outputName(path: StorePath, drvPath: StorePath, drv: Derivation): string | undefined {
  for (const [name, known] of derivationOutputs(drv)) if (known === path) return name;
  // Of a content-addressed output the path is not known before; its name is made by this rule all the same.
  const base = pathName(drvPath).replace(/\.drv$/, '');
  const name = pathName(path);
  const output = name === base ? 'out' : name.startsWith(`${base}-`) ? name.slice(base.length + 1) : '';
  return drv.outputs.has(output) ? output : undefined;
}

/**
 * The sources and outputs that derivations, and those they need, were built from: what their `.drv` files ask
 * for, whether it is valid or not.
 */
export async function buildInputs(
  local: LocalStore,
  drvPaths: Iterable<StorePath>,
  signal: AbortSignal,
): Promise<Set<StorePath>> {
  const inputs = new Set<StorePath>();
  const derivations = new Map<StorePath, Derivation | undefined>();
  const read = async (drvPath: StorePath): Promise<Derivation | undefined> => {
    signal.throwIfAborted();
    if (!derivations.has(drvPath)) derivations.set(drvPath, await local.derivation(drvPath));
    return derivations.get(drvPath);
  };
  const queue = new Set(drvPaths);
  // A set yields what is added to it on the way, and each only once.
  for (const drvPath of queue) {
    const drv = await read(drvPath);
    for (const source of drv?.inputSrcs ?? []) if (!isDerivation(source)) inputs.add(source);
    for (const [input, names] of drv?.inputDrvs ?? []) {
      queue.add(input);
      const made = await read(input);
      if (made === undefined) continue;
      const known = names.map((name) => derivationOutputs(made).get(name));
      const paths = known.includes(undefined) ? await local.outputs(input, signal) : known;
      for (const path of paths) if (path !== undefined) inputs.add(path);
    }
  }
  return inputs;
}
