import type { Backend } from '../../drivers/backend.js';
import type { ListedUpload, Multipart } from '../../drivers/capabilities.js';
import type { Logger } from '../../log.js';
import type { AbandonedUpload } from '../../state/ledger.js';
import type { ObjectName } from '../../state/object-index.js';
import type { RunKind } from '../events.js';
import type { UnfinishedUploads } from './unfinished-uploads.js';

/**
 * Aborts multipart uploads that no job will continue, and whose parts would be stored, and paid for, without end.
 * It touches only what is proven to be ours: uploads that the ledger names; one that was being begun, by its object and
 * its time; what a driver has marked as waste itself. What cannot be aborted now stays in the ledger for the next time.
 */
export interface Orphans {
  /** Those that were abandoned, of one object or of all. Rejects with nothing but the signal's reason. */
  abort(signal: AbortSignal, only?: ObjectName): Promise<void>;
  /**
   * Also those of `needless`, about which a run has found nothing due, and what drivers left behind; says what else is
   * there. Of scans only the first one is worth the requests. `isBusy`: whether an object is about to be changed, so that
   * all of its uploads are left alone.
   */
  tidy(
    after: RunKind,
    needless: Iterable<ObjectName>,
    isBusy: (name: ObjectName) => boolean,
    signal: AbortSignal,
  ): Promise<void>;
}

/**
 * An upload whose begin was never answered began this much later at the most, by the provider's clock: a request and its
 * silence, and clocks that differ by as much as signatures bear (S3 refuses more than 15 minutes).
 */
const WINDOW_MS = 15 * 60_000;

export interface OrphansOptions {
  readonly backend: Backend;
  readonly container: string;
  readonly prefix: string;
  readonly uploads: UnfinishedUploads;
  readonly log: Logger;
}

export function createOrphans({
  backend,
  container,
  prefix,
  uploads,
  log,
}: OrphansOptions): Orphans {
  const { multipart } = backend.capabilities;
  let tidied = false;

  /** Resolves with false when it cannot be distinguished, for now, from an upload of its object that is under way. */
  async function abortOne(
    multipart: Multipart,
    { name, token, beganAtMs }: AbandonedUpload,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (token !== undefined) {
      if (token.driver === backend.name) await multipart.abort(token, { signal });
      else
        log.warn(
          'an upload in parts was left behind at a provider that this mirror does not use any more',
          { object: name, ...token },
        );
      return true;
    }
    if (!uploads.isIdle(name)) return false;
    const listed = await multipart.unfinished(container, prefix + name, { signal });
    // Read again: an upload that was begun meanwhile is in the listing too, and is in the ledger since before.
    if (!uploads.isIdle(name)) return false;
    for (const upload of listed) {
      if (upload.key === prefix + name && isOfThatTime(upload, beganAtMs))
        await multipart.abort(upload, { signal });
    }
    return true;
  }

  async function abort(signal: AbortSignal, only?: ObjectName): Promise<void> {
    if (multipart === undefined) return;
    const done: AbandonedUpload[] = [];
    for (const upload of uploads.abandoned()) {
      if (only !== undefined && upload.name !== only) continue;
      try {
        if (await abortOne(multipart, upload, signal)) done.push(upload);
      } catch (error) {
        signal.throwIfAborted();
        log.warn(
          'an upload in parts could not be aborted; it is tried again at the next reconcile',
          { object: upload.name, error },
        );
      }
    }
    await forget(done);
  }

  async function forget(done: readonly AbandonedUpload[]): Promise<void> {
    // An upload that stays in the ledger is aborted once more: that is no error.
    await uploads
      .settled(done)
      .catch((error: unknown) => log.warn('the ledger could not be written', { error }));
  }

  async function tidyListed(
    multipart: Multipart,
    isBusy: (name: ObjectName) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const listed = await multipart.unfinished(container, prefix, { signal });
    let others = 0;
    for (const upload of listed) {
      const name = upload.key.slice(prefix.length);
      if (!upload.discarded) others += uploads.isIdle(name) ? 1 : 0;
      else if (!isBusy(name)) await multipart.abort(upload, { signal });
    }
    if (others > 0) {
      log.info(
        'the container has uploads in parts that longshore did not begin, or does not remember; they are left alone',
        {
          container,
          prefix,
          uploads: others,
        },
      );
    }
  }

  return {
    abort,
    async tidy(after, needless, isBusy, signal) {
      if (multipart === undefined || (tidied && after !== 'reconcile')) return;
      tidied = true;
      try {
        await uploads.abandon([...needless].filter((name) => !isBusy(name)));
        await abort(signal);
        await tidyListed(multipart, isBusy, signal);
      } catch (error) {
        signal.throwIfAborted();
        log.info('uploads in parts could not be looked through', { container, prefix, error });
      }
    },
  };
}

/** Without a time there is no proof. */
function isOfThatTime({ beganAtMs }: ListedUpload, expectedMs: number): boolean {
  return beganAtMs !== undefined && Math.abs(beganAtMs - expectedMs) <= WINDOW_MS;
}
