/**
 * How the service is, in a word and with the reasons.
 */

import type { ServiceState } from './service/service.ts';
import type { TargetState } from './service/target.ts';
import { redact } from './text.ts';

/**
 * `degraded`: a target does not answer, or cannot be opened. Nothing is lost, the others go on, and a
 * restart would change nothing. `unhealthy`: a queue cannot be read, so nobody knows what is in it.
 */
export type HealthStatus = 'ok' | 'degraded' | 'unhealthy';

export interface Health extends ServiceState {
  readonly status: HealthStatus;
  /** Empty when all is well. */
  readonly reasons: readonly string[];
}

export function healthOf({ stopping, targets }: ServiceState): Health {
  const shown = targets.map((target) => ({ ...target, error: target.error && redact(target.error) }));
  const unreadable = shown.filter(isUnreadable);
  const down = shown.filter(({ up }) => up === false);
  const reasons = [
    ...unreadable.map(({ name }) => `${name}: its queue cannot be read`),
    ...down.map(({ name, error }) => `${name}: does not answer: ${error ?? 'no reason was given'}`),
  ];
  const status = unreadable.length > 0 ? 'unhealthy' : down.length > 0 ? 'degraded' : 'ok';
  return { status, reasons, stopping, targets: shown };
}

/** One that is only just being opened has no queue either, but nothing has failed yet. */
function isUnreadable({ queue, cache, error }: TargetState): boolean {
  return queue === undefined && (cache !== undefined || error !== undefined);
}
