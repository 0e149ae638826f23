/** Run as a program: prints by how many MB every case of 1 MB raised the most memory ever used. */
import { cost } from './measure.ts';
import { NAR_CASES } from './nar-cases.ts';

const most = (): number => process.resourceUsage().maxRSS / 1024;

// What the program itself and its compiled code take.
for (const hostile of NAR_CASES) await cost(hostile, hostile.make(5000));
const inputs = NAR_CASES.map((hostile) => hostile.make(1_000_000));
globalThis.gc?.();
const baseline = most();
const raised: Record<string, number> = {};
for (const [i, hostile] of NAR_CASES.entries()) {
  const before = most();
  await cost(hostile, inputs[i] as Buffer);
  raised[hostile.name] = Math.round(most() - before);
}
raised['all'] = Math.round(most() - baseline);
console.log(JSON.stringify(raised));
