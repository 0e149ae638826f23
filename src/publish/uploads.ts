/**
 * The NAR uploads of one publication, and waiting for them.
 *
 * @module
 */
import { abortable } from '../bytes/abortable.ts';
import { narKey } from '../cache/layout.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import type { PlanItem } from './plan.ts';
import type { NarObject, UploadContext } from './upload-nar.ts';
import { SMALL_NAR, uploadNar } from './upload-nar.ts';

/** The NAR uploads of a plan: one per NAR, however many paths have it. */
export class Uploads {
  /** The largest first: a straggler begun last would be waited for alone. */
  readonly large: readonly PathInfo[];
  /** In the order of the plan, which is that of the narinfos that wait for them. */
  readonly small: readonly PathInfo[];
  readonly #context: UploadContext;
  readonly #results = new Map<string, PromiseWithResolvers<NarObject>>();

  constructor(context: UploadContext, items: readonly PlanItem[]) {
    this.#context = context;
    const byKey = new Map<string, PathInfo>();
    for (const item of items) if (item.action === 'upload') byKey.set(this.#key(item.info), item.info);
    for (const key of byKey.keys()) {
      const result = Promise.withResolvers<NarObject>();
      result.promise.catch(() => {}); // the job reports it; nobody may be waiting yet
      this.#results.set(key, result);
    }
    const jobs = [...byKey.values()];
    this.small = jobs.filter(({ narSize }) => narSize <= SMALL_NAR);
    this.large = jobs.filter(({ narSize }) => narSize > SMALL_NAR).sort((a, b) => b.narSize - a.narSize);
  }

  async run(info: PathInfo): Promise<void> {
    const result = this.#result(info);
    try {
      result.resolve(await uploadNar(this.#context, info));
    } catch (error) {
      result.reject(error);
      throw error;
    }
  }

  /** Resolves once the NAR is in the cache. */
  async finished(info: PathInfo): Promise<NarObject> {
    return await abortable(this.#result(info).promise, this.#context.signal);
  }

  #result(info: PathInfo): PromiseWithResolvers<NarObject> {
    return this.#results.get(this.#key(info)) as PromiseWithResolvers<NarObject>;
  }

  #key(info: PathInfo): string {
    return narKey(info.narHash, this.#context.codec);
  }
}
