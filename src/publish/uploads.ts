/**
 * The NAR uploads of one publication, and waiting for them.
 *
 * @module
 */
import { abortable } from '../bytes/abortable.ts';
import { narKey } from '../cache/layout.ts';
import type { PathInfo } from '../narinfo/path-info.ts';
import type { StorePath } from '../store-path/store-path.ts';
import type { PlanItem } from './plan.ts';
import type { NarObject, UploadContext } from './upload-nar.ts';
import { SMALL_NAR, uploadNar } from './upload-nar.ts';

/** One NAR on its way. */
export interface Upload {
  /** Key of the NAR. */
  readonly url: string;
  readonly info: PathInfo;
  readonly result: PromiseWithResolvers<NarObject>;
}

/** The NAR uploads of a plan: one per NAR, however many paths have it. */
export class Uploads {
  /** The largest first: a straggler begun last would be waited for alone. */
  readonly large: readonly Upload[];
  /** In the order of the plan, which is that of the narinfos that wait for them. */
  readonly small: readonly Upload[];
  readonly #context: UploadContext;
  readonly #byPath = new Map<StorePath, Upload>();

  constructor(context: UploadContext, items: readonly PlanItem[]) {
    this.#context = context;
    const byUrl = new Map<string, Upload>();
    for (const { action, info } of items) {
      if (action !== 'upload') continue;
      const url = narKey(info.narHash, context.codec);
      let upload = byUrl.get(url);
      if (upload === undefined) {
        upload = { url, info, result: Promise.withResolvers() };
        upload.result.promise.catch(() => {}); // the job reports it; nobody may be waiting yet
        byUrl.set(url, upload);
      }
      this.#byPath.set(info.storePath, upload);
    }
    const all = [...byUrl.values()];
    this.small = all.filter(({ info }) => info.narSize <= SMALL_NAR);
    this.large = all
      .filter(({ info }) => info.narSize > SMALL_NAR)
      .sort((a, b) => b.info.narSize - a.info.narSize);
  }

  async run({ url, info, result }: Upload): Promise<void> {
    try {
      result.resolve(await uploadNar(this.#context, info, url));
    } catch (error) {
      result.reject(error);
      throw error;
    }
  }

  /** Resolves once the NAR of a path that is to be uploaded is in the cache. */
  async finished({ storePath }: PathInfo): Promise<NarObject> {
    const { result } = this.#byPath.get(storePath) as Upload;
    return await abortable(result.promise, this.#context.signal);
  }
}
