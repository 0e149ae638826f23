/**
 * A worker in a process of its own, for `service-crash.test.ts`: `SPOOL ROOTS LOG [KILLER]`. It ends
 * when nothing waits any more, and is killed by a path of that name.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Spool } from 'narkit/node';
import { DEFAULT_STORE_DIR } from 'narkit/store-path';
import { TargetWorker } from '../../../examples/post-build-hook/queued/service/worker.ts';
import { drained, FakePublisher, QUICK } from './service-support.ts';

const [, , directory = '', rootsDir = '', log = '', killer] = process.argv;
const spool = await Spool.open(directory, { create: false, minFreeBytes: 0 });
const publisher = new FakePublisher();
publisher.act = async (keys) => {
  appendFileSync(log, `try ${keys.length}\n`);
  await setTimeout(5);
  if (keys.some((key) => killer !== undefined && key.endsWith(killer))) process.kill(process.pid, 'SIGKILL');
  appendFileSync(log, keys.map((key) => `published ${key}\n`).join(''));
  return undefined;
};
const worker = new TargetWorker({
  publisher,
  spool,
  rootsDir,
  storeDir: DEFAULT_STORE_DIR,
  settings: QUICK,
  isTargetDown: () => false,
  tell: (event) => appendFileSync(log, `${event.type} ${JSON.stringify(event)}\n`),
});
void worker.run();
await drained(spool);
await worker.stop(1000);
await spool.close();
