/**
 * A process of the crash tests: does one kind of operation on a spool, and tells of each, before and
 * after. What a pipe has taken survives the kill.
 */
import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { Spool } from 'narkit/node';

const [, , mode, directory = '', from = '0'] = argv;
const spool = await Spool.open(directory, { minFreeBytes: 0 });
const tell = (text: string): void => void writeSync(1, `${text}\n`);

if (mode === 'enqueue') {
  for (let i = Number(from); ; i++) {
    await spool.enqueue({ key: `k${i}` });
    tell(`queued k${i}`);
  }
} else if (mode === 'consume' || mode === 'drain') {
  for (let idle = 0; mode === 'consume' || idle < 3; ) {
    const claims = await spool.claim(7);
    idle = claims.length === 0 ? idle + 1 : 0;
    for (const claim of claims) {
      tell(`claimed ${claim.key}`);
      if (mode === 'consume' && claim.attempts === 1 && claim.key.endsWith('3')) {
        await claim.retry({ error: 'once more' });
        continue;
      }
      tell(`acking ${claim.key}`);
      await claim.ack();
      tell(`acked ${claim.key}`);
    }
  }
  await spool.close();
} else if (mode === 'hold') {
  for (const claim of await spool.claim(100)) tell(`claimed ${claim.key}`);
  tell('holding');
  setInterval(() => undefined, 1000);
}
