/**
 * Asks the running service how it is, where its settings let it listen.
 */
import type { QueueConfig } from '../../config.ts';
import { plain, redact } from '../text.ts';

export interface TargetAnswer {
  readonly up: boolean | undefined;
  readonly error: string | undefined;
}

export interface ServiceAnswer {
  /** `unknown`: the settings have no `listen`. `unreachable`: nothing of ours answers there. */
  readonly state: 'running' | 'stopping' | 'unreachable' | 'unknown';
  readonly url: string | undefined;
  readonly problem: string | undefined;
  readonly targets: ReadonlyMap<string, TargetAnswer>;
  /** For people. */
  readonly text: string;
}

/** As it is told at `/status`; anything may answer at that port. */
interface Told {
  readonly stopping?: unknown;
  readonly targets?: readonly { readonly name?: unknown; readonly up?: unknown; readonly error?: unknown }[];
}

const TIMEOUT_MS = 3000;

export async function serviceStatus(listen: QueueConfig['listen']): Promise<ServiceAnswer> {
  const targets = new Map<string, TargetAnswer>();
  if (listen === undefined) {
    const text = "not asked: the setting 'listen' is not set (such as listen = 127.0.0.1:9180)";
    return { state: 'unknown', url: undefined, problem: undefined, targets, text };
  }
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  const url = `http://${host}:${listen.port}/status`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    const told = (await response.json()) as Told | null;
    if (!Array.isArray(told?.targets)) throw new TypeError('what answers there is not upload-queue');
    for (const { name, up, error } of told.targets) {
      targets.set(String(name), {
        up: typeof up === 'boolean' ? up : undefined,
        error: typeof error === 'string' ? error : undefined,
      });
    }
    const state = told.stopping === true ? 'stopping' : 'running';
    return { state, url, problem: undefined, targets, text: `${state} (${url})` };
  } catch (error) {
    const { message, cause } = error as Error;
    const problem = plain(redact(cause instanceof Error ? cause.message : message));
    const text = `no answer at ${url}: ${problem}; is it running? (systemctl status nix-upload-queue)`;
    return { state: 'unreachable', url, problem, targets, text };
  }
}
