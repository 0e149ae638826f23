/**
 * The difference between the clock here and the one of the server, by the `Date` of its answers.
 */
import type { S3StoreUrl } from 'narkit/node';
import type { Findings, Say } from './finding.ts';

/** S3 refuses signatures that are off by 15 minutes; beyond 5 it is a matter of time. */
const TOLERANCE_MS = 5 * 60 * 1000;

export class Clock {
  readonly #now: () => number;
  /** Theirs minus ours, in milliseconds. */
  #ahead: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A fetch that looks at the answers to it. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const response = await fetch(request);
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isFinite(date)) this.#ahead = date - this.#now();
    return response;
  };

  /** The client for S3 has a transport of its own, so the server is asked here; unsigned, for any answer has a date. */
  async askS3({ bucket, store: { endpoint, region } }: S3StoreUrl, signal: AbortSignal): Promise<void> {
    const url = endpoint ?? `https://${bucket}.s3.${region}.amazonaws.com/`;
    // That it does not answer is told by what comes next.
    const response = await this.fetch(new Request(url, { method: 'HEAD', signal })).catch(() => undefined);
    await response?.body?.cancel();
  }

  async *findings(scheme: string, configFile: string, say: Say): Findings {
    const ahead = this.#ahead;
    if (ahead === undefined) {
      if (scheme === 's3')
        yield say.warning(
          'the server told no time to compare with',
          `check the endpoint in ${configFile}, and compare: date -u`,
        );
      return;
    }
    const minutes = Math.round(Math.abs(ahead) / 60_000);
    const fix = 'timedatectl set-ntp true';
    const what = `the clock here is ${minutes} minutes ${ahead > 0 ? 'behind' : 'ahead of'} that of the server`;
    if (Math.abs(ahead) <= TOLERANCE_MS) yield say.ok('the clocks here and there agree');
    else if (scheme === 's3') yield say.error(`${what}: S3 refuses what is signed with a wrong time`, fix);
    else yield say.warning(what, fix);
  }
}
