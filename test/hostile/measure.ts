/** What hostile input costs. */

export interface HostileCase {
  name: string;
  /** About `size` bytes of it. */
  make(size: number): Buffer | string;
  run(input: Buffer | string): unknown;
  /** Names of the errors that are right; none where the input is to be accepted. */
  errors: readonly string[];
}

/** Processor milliseconds of a run; other processes of the machine do not count. */
export async function cost(hostile: HostileCase, input: Buffer | string): Promise<number> {
  const before = process.cpuUsage();
  try {
    await hostile.run(input);
  } catch (error) {
    const { name, code } = error as Error & { code?: unknown };
    if (!hostile.errors.includes(name) || typeof code !== 'string') {
      throw new Error(`${hostile.name}: threw ${String(error).slice(0, 200)}`, { cause: error });
    }
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
