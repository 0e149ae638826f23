/**
 * A real S3 server for tests: one that is already running (`NARKIT_S3_ENDPOINT`), or a private Ceph
 * that `ceph-rgw.sh` starts on free ports of 127.0.0.1 and that ends with the test process.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = fileURLToPath(new URL('ceph-rgw.sh', import.meta.url));

export interface CephOptions {
  /** Start one of our own even when `NARKIT_S3_ENDPOINT` names a server: for tests that disturb it. */
  own?: boolean;
  /** More simultaneous requests are answered 503 SlowDown. @default 1024 */
  maxConcurrent?: number;
}

export interface Ceph {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Started by us: what tests leave in it goes with it. */
  readonly own: boolean;
  /** Credentials of a valid user without rights; `undefined` on a server that is not ours. */
  readonly stranger: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Stops (`SIGSTOP`) or continues (`SIGCONT`) the disk process behind the gateway; own servers only. */
  signalDisk(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  stop(): Promise<void>;
}

/** A server, or `undefined` when none is named and the programs of Ceph are not installed. */
export async function startCeph(options: CephOptions = {}): Promise<Ceph | undefined> {
  const given = options.own ? undefined : process.env.NARKIT_S3_ENDPOINT;
  if (given !== undefined && given !== '') return givenServer(given);
  if (!['radosgw', 'ceph-mon', 'ceph-osd'].every(installed)) return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'narkit-ceph-'));
  for (let attempt = 1; ; attempt++) {
    try {
      return await ownServer(directory, options.maxConcurrent);
    } catch (err) {
      // Another process may have taken a port between our look and the server's bind.
      if (attempt === 3) throw err;
    }
  }
}

function givenServer(endpoint: string): Ceph {
  const accessKeyId = process.env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = process.env.AWS_SECRET_ACCESS_KEY;
  if (!accessKeyId || !secretAccessKey) {
    throw new Error('NARKIT_S3_ENDPOINT is set: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY too');
  }
  const signalDisk = () => Promise.reject(new Error('this server is not ours to disturb'));
  return {
    endpoint,
    accessKeyId,
    secretAccessKey,
    own: false,
    stranger: undefined,
    signalDisk,
    stop: async () => {},
  };
}

async function ownServer(directory: string, maxConcurrent = 1024): Promise<Ceph> {
  const [port, monitorPort] = await freePorts();
  await run(script, ['start', directory, String(port), String(monitorPort)], {
    env: { ...process.env, RGW_MAX_CONCURRENT: String(maxConcurrent), CEPH_OWNER_PID: String(process.pid) },
    timeout: 60_000,
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    accessKeyId: 'TESTACCESSKEY0000001',
    secretAccessKey: 'testsecretkey0000000000000000000000000001',
    own: true,
    stranger: {
      accessKeyId: 'TESTACCESSKEY0000002',
      secretAccessKey: 'testsecretkey0000000000000000000000000002',
    },
    async signalDisk(signal) {
      process.kill(Number(await readFile(join(directory, 'osd.pid'), 'utf8')), signal);
    },
    async stop() {
      await run(script, ['stop', directory]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function installed(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A free port for the gateway, and the first of two free neighbours for the monitor. */
async function freePorts(): Promise<[number, number]> {
  for (;;) {
    const gateway = await listen(0);
    const monitor = await listen(0);
    const neighbour = await listen(monitor.port + 1).catch(() => undefined);
    await Promise.all([gateway.close(), monitor.close(), neighbour?.close()]);
    if (neighbour !== undefined) return [gateway.port, monitor.port];
  }
}

async function listen(port: number): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
