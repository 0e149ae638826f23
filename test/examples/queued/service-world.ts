/**
 * A service with fakes for publishers.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Spool } from 'narkit/node';
import type { Config, TargetConfig } from '../../../examples/post-build-hook/config.ts';
import { readConfig } from '../../../examples/post-build-hook/config.ts';
import type { ServiceEvent } from '../../../examples/post-build-hook/queued/events.ts';
import { addRoot } from '../../../examples/post-build-hook/queued/hook/gc-roots.ts';
import { Service, type ServiceOptions } from '../../../examples/post-build-hook/queued/service/service.ts';
import { spoolDir } from '../../node/spool/support.ts';
import { pathOf } from '../../support/infos.ts';
import { endings, FakePublisher, isOutage, of, type Suite, until } from './service-support.ts';

/** A service below one directory, whose publishers are fakes. */
export async function serviceWorld(t: Suite, open?: (target: TargetConfig) => Promise<FakePublisher>) {
  const atEnd = endings(t);
  const directory = await spoolDir(t);
  const storeDir = join(directory, 'store');
  await mkdir(storeDir);
  const events: ServiceEvent[] = [];
  const publishers = new Map<string, FakePublisher[]>();
  const options: ServiceOptions = {
    tell: (event) => events.push(event),
    isTargetDown: isOutage,
    open: async (target) => {
      const publisher = (await open?.(target)) ?? new FakePublisher(target.name);
      publisher.storeDir = storeDir;
      publishers.set(target.name, [...(publishers.get(target.name) ?? []), publisher]);
      return publisher;
    },
  };
  const config = async (...sections: string[]): Promise<Config> => {
    const file = join(directory, 'upload-queue.conf');
    const lines = [
      `queue-dir = ${directory}/queue`,
      `gc-roots-dir = ${directory}/roots`,
      `store-dir = ${storeDir}`,
      'retry-min = 1s',
      'allow-unsigned = true',
      ...sections,
    ];
    await writeFile(file, lines.join('\n'));
    const read = await readConfig(file);
    return { ...read, queue: { ...read.queue, retryMinMs: 5, retryMaxMs: 20 } };
  };
  const startWith = async (more: Partial<ServiceOptions>, ...sections: string[]): Promise<Service> => {
    const service = Service.start(await config(...sections), { ...options, ...more });
    atEnd(() => service.stop('end of the test', { timeoutMs: 0 }));
    return service;
  };
  const start = (...sections: string[]): Promise<Service> => startWith({}, ...sections);
  const key = (name: string): string => `${storeDir}/${pathOf(name)}`;
  /** As the hook does it. */
  const queue = async (target: string, ...names: string[]): Promise<void> => {
    await using spool = await Spool.open(join(directory, 'queue', target), {
      create: false,
      minFreeBytes: 0,
    });
    for (const name of names) {
      await addRoot(join(directory, 'roots', target), key(name));
      await spool.enqueue({ key: key(name) });
    }
  };
  const running = async (...targets: string[]): Promise<void> => {
    for (const target of targets)
      await until(`${target} runs`, () => of(events, 'start').some((event) => event.target === target));
  };
  return { directory, storeDir, events, publishers, config, start, startWith, key, queue, running };
}

export const A: readonly string[] = ['[a]', 'cache = file:///a'];
export const B: readonly string[] = ['[b]', 'cache = file:///b'];
