import type { Clock } from '../../clock.js';
import type { Resume } from '../../drivers/driver.js';
import type { PartsElsewhere } from '../../drivers/parts-range.js';
import type { OnPart } from '../../drivers/resumed-upload.js';
import type { FileVersion } from '../../file-stat.js';
import type { Logger } from '../../log.js';
import type {
  AbandonedUpload,
  KeptToken,
  Ledger,
  LedgerDocument,
  UnfinishedUpload,
} from '../../state/ledger.js';
import type { ObjectName } from '../../state/object-index.js';
import { type UploadEvent, uploadStep } from './upload-step.js';

/** How a file goes on its way in parts. */
export interface PartsPlan {
  /** Bytes per part: those of the upload that is gone on with, if there is one. */
  readonly partSize: number;
  readonly resume: Resume;
  readonly onPart?: OnPart;
  readonly elsewhere?: PartsElsewhere | undefined;
}

/**
 * The mirror's uploads in parts, in its ledger: before the provider is asked to begin one, as soon as it has, and until
 * the object is recorded. What parts there are is asked of the provider, so that the ledger is written three times for an
 * object, however many parts it has.
 */
export interface UnfinishedUploads {
  /**
   * Goes on with what was begun of this very version of the file; an upload of another one is abandoned. `md5`: of the
   * content, as in the metadata that the upload was begun with; undefined where that has none.
   */
  plan(name: ObjectName, version: FileVersion, partSize: number, md5?: string): Promise<PartsPlan>;
  /** The object is recorded, and what it was made of is no upload any more. */
  finished(name: ObjectName): Promise<void>;
  /** No job will continue the uploads of these objects, if there are any. Resolves when the ledger has it. */
  abandon(names: Iterable<ObjectName>): Promise<void>;
  names(): readonly ObjectName[];
  /** False while an upload to this object may be under way. */
  isIdle(name: ObjectName): boolean;
  abandoned(): readonly AbandonedUpload[];
  /** The provider knows nothing of these any more. */
  settled(uploads: readonly AbandonedUpload[]): Promise<void>;
}

/** More than a provider refuses to abort in any run of bad luck; a ledger must stay small. */
const MOST_ABANDONED = 1_000;

export interface UnfinishedUploadsOptions {
  readonly ledger: Ledger;
  /** The driver and the place that a token must be of. */
  readonly driver: string;
  readonly container: string;
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export function unfinishedUploads({
  ledger,
  driver,
  container,
  prefix,
  clock,
  log,
}: UnfinishedUploadsOptions): UnfinishedUploads {
  const isNone = rememberingNone();

  function find(name: ObjectName): UnfinishedUpload | undefined {
    const uploads = ledger.read().unfinishedUploads;
    // Asked about each object: a property of this name makes the engine keep the name for good.
    return !isNone(uploads) && Object.hasOwn(uploads, name) ? uploads[name] : undefined;
  }

  /** The only place that changes these uploads. Resolves when the ledger has it. */
  function apply(names: readonly ObjectName[], event: UploadEvent): Promise<void> {
    return ledger.update((document) => {
      const left = new Map(Object.entries(document.unfinishedUploads));
      const all = [...(document.abandonedUploads ?? [])];
      for (const name of names) {
        const { upload, abandoned } = uploadStep(left.get(name), event);
        if (upload === undefined) left.delete(name);
        else left.set(name, upload);
        if (abandoned !== undefined) all.push({ name, ...abandoned });
      }
      if (all.length > MOST_ABANDONED)
        log.warn(
          'more uploads were abandoned than are kept in mind: the oldest stay at the provider',
          { objects: all.length - MOST_ABANDONED },
        );
      return {
        ...document,
        unfinishedUploads: Object.fromEntries(left),
        ...(all.length > 0 && { abandonedUploads: all.slice(-MOST_ABANDONED) }),
      };
    });
  }

  /** Only a token of the place where the mirror is now: its configuration may have moved it. */
  function isHere(name: ObjectName, token: KeptToken | undefined): token is KeptToken {
    return token?.driver === driver && token.container === container && token.key === prefix + name;
  }

  return {
    async plan(name, { size, mtimeNs, ctimeNs, inode }, wantedPartSize, md5) {
      const stat = {
        size,
        mtimeNs: String(mtimeNs),
        ctimeNs: String(ctimeNs),
        inode: String(inode),
      };
      const source = { ...stat, ...(md5 !== undefined && { md5 }) };
      const before = find(name);
      const wanted = { type: 'wanted', source, isHere: isHere(name, before?.token) } as const;
      const { upload } = uploadStep(before, wanted);
      if (upload !== before) await apply([name], wanted);
      const token = upload?.token;
      const partSize = upload?.partSize ?? wantedPartSize;
      const begunNow = () => ({ partSize, source, beganAtMs: clock.now() });
      return {
        partSize,
        resume: {
          ...(token !== undefined && { token }),
          beginning: () => apply([name], { type: 'asking', upload: begunNow() }),
          keep: (begun) =>
            apply([name], { type: 'begun', upload: { ...begunNow(), token: { ...begun } } }),
        },
      };
    },

    async finished(name) {
      if (find(name) !== undefined) await apply([name], { type: 'recorded' });
    },

    async abandon(names) {
      const begun = [...names].filter((name) => find(name) !== undefined);
      if (begun.length > 0) await apply(begun, { type: 'dropped' });
    },

    names: () => Object.keys(ledger.read().unfinishedUploads),
    isIdle: (name) => find(name) === undefined,
    abandoned: () => ledger.read().abandonedUploads ?? [],

    async settled(done) {
      if (done.length === 0) return;
      await ledger.update(({ abandonedUploads = [], ...document }) => {
        const left = abandonedUploads.filter((upload) => !done.includes(upload));
        return left.length === 0 ? document : { ...document, abandonedUploads: left };
      });
    },
  };
}

/** Whether there are none; looked through once for each version of the ledger. */
function rememberingNone(): (uploads: LedgerDocument['unfinishedUploads']) => boolean {
  let last: LedgerDocument['unfinishedUploads'] | undefined;
  let isNone = true;
  return (uploads) => {
    if (uploads !== last) {
      last = uploads;
      isNone = Object.keys(uploads).length === 0;
    }
    return isNone;
  };
}
