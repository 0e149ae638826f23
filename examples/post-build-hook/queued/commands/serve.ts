/**
 * `upload-queue serve`: the service as a process, with signals, log, progress and HTTP around it.
 *
 * systemd is told nothing (`Type=exec`): it hears of readiness and reloads by a datagram socket, which
 * Node.js does not have; and nothing waits for this service, for a hook needs only the directory.
 */
import process, { env, stderr, stdout } from 'node:process';
import { type Config, readConfig } from '../../config.ts';
import type { Tell } from '../events.ts';
import { fresh } from '../fresh.ts';
import { healthOf } from '../health.ts';
import { type HttpOptions, type HttpService, serveHttp } from '../http.ts';
import { createLog, isJournal } from '../log.ts';
import { Metrics } from '../metrics.ts';
import { Progress } from '../progress.ts';
import { Service } from '../service/service.ts';
import { type Context, EXIT, type Exit } from './context.ts';

export interface ServeOptions {
  readonly listenAnywhere?: { readonly host: string; readonly port: number };
}

/** Runs until a signal ends it. */
export async function serve(context: Context, { listenAnywhere }: ServeOptions): Promise<Exit> {
  const { config } = context;
  const progress = Progress.on(stderr);
  // Bars and lines on the same terminal must not be drawn over each other.
  const write = (line: string): void =>
    progress !== undefined && stdout.isTTY ? progress.line(line) : void stdout.write(line);
  const log = createLog({ format: config.queue.logFormat, write, priorities: isJournal(1, env) });
  const state = fresh(async () => await service.state(), 1000);
  const metrics = new Metrics(async () => (await state()).targets);
  const tell: Tell = (event) => {
    log(event);
    metrics.event(event);
    progress?.event(event);
  };
  const health = async () => healthOf(await state());
  const listen: HttpOptions | undefined =
    listenAnywhere === undefined ? config.queue.listen : { ...listenAnywhere, anyAddress: true };
  // Before anything is claimed: a port that is taken is said at once, and by the exit status.
  const http = listen && (await serveHttp({ metrics, health }, listen));
  if (http !== undefined) context.err(`listening on ${http.url}`);
  const service = Service.start(config, { tell });
  process.on('SIGHUP', () => void reload(context, service, tell));
  await ended(service);
  await close(http, progress);
  return EXIT.ok;
}

/** The first signal lets the batch end, the second does not, and the third does not even ask. */
async function ended(service: Service): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      signals++;
      if (signals > 2) process.exit(EXIT.failed);
      service.stop(signal).then(resolve, reject);
    });
  }
  await promise;
}

async function reload(
  { config: first, configFile, err }: Context,
  service: Service,
  tell: Tell,
): Promise<void> {
  let config: Config;
  try {
    config = await readConfig(configFile);
  } catch (error) {
    const { targets } = await service.state();
    for (const { name } of targets) tell({ type: 'reload', target: name, error: (error as Error).message });
    return;
  }
  for (const [setting, before, now] of [
    ['listen', first.queue.listen, config.queue.listen],
    ['log-format', first.queue.logFormat, config.queue.logFormat],
  ] as const) {
    if (JSON.stringify(before) !== JSON.stringify(now))
      err(`the new '${setting}' counts from the next start on: systemctl restart nix-upload-queue`);
  }
  await service.reload(config);
}

async function close(http: HttpService | undefined, progress: Progress | undefined): Promise<void> {
  progress?.stop();
  await http?.close();
}
