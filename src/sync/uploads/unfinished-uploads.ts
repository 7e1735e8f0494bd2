import type { Clock } from '../../clock.js';
import type { Resume } from '../../drivers/driver.js';
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

/** How a file goes on its way in parts. */
export interface PartsPlan {
  /** Bytes per part: those of the upload that is gone on with, if there is one. */
  readonly partSize: number;
  readonly resume: Resume;
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
  const find = (name: ObjectName): UnfinishedUpload | undefined =>
    Object.hasOwn(ledger.read().unfinishedUploads, name)
      ? ledger.read().unfinishedUploads[name]
      : undefined;

  function note(name: ObjectName, upload: UnfinishedUpload): Promise<void> {
    return ledger.update((document) => ({
      ...document,
      unfinishedUploads: { ...document.unfinishedUploads, [name]: upload },
    }));
  }

  /** Only a token of the place where the mirror is now: its configuration may have moved it. */
  function isHere(name: ObjectName, token: KeptToken | undefined): token is KeptToken {
    return token?.driver === driver && token.container === container && token.key === prefix + name;
  }

  const uploads: UnfinishedUploads = {
    async plan(name, { size, mtimeNs, ctimeNs, inode }, wantedPartSize, md5) {
      const stat = {
        size,
        mtimeNs: String(mtimeNs),
        ctimeNs: String(ctimeNs),
        inode: String(inode),
      };
      const source = { ...stat, ...(md5 !== undefined && { md5 }) };
      const before = find(name);
      const token =
        before !== undefined && isSame(before.source, source) && isHere(name, before.token)
          ? before.token
          : undefined;
      if (before !== undefined && token === undefined) await uploads.abandon([name]);
      const partSize =
        before !== undefined && token !== undefined ? before.partSize : wantedPartSize;
      let beganAtMs = before?.beganAtMs ?? 0;
      return {
        partSize,
        resume: {
          ...(token !== undefined && { token }),
          beginning() {
            beganAtMs = clock.now();
            return note(name, { partSize, source, beganAtMs });
          },
          keep: (begun) => note(name, { token: { ...begun }, partSize, source, beganAtMs }),
        },
      };
    },

    async finished(name) {
      if (find(name) !== undefined) await ledger.update((document) => without(document, [name]));
    },

    async abandon(names) {
      const begun = [...names].filter((name) => find(name) !== undefined);
      if (begun.length === 0) return;
      await ledger.update((document) => {
        const given = begun.flatMap((name) => {
          const upload = document.unfinishedUploads[name];
          return upload === undefined
            ? []
            : [
                {
                  name,
                  beganAtMs: upload.beganAtMs,
                  ...(upload.token !== undefined && { token: upload.token }),
                },
              ];
        });
        const all = [...(document.abandonedUploads ?? []), ...given];
        if (all.length > MOST_ABANDONED)
          log.warn(
            'more uploads were abandoned than are kept in mind: the oldest stay at the provider',
            {
              objects: all.length - MOST_ABANDONED,
            },
          );
        return { ...without(document, begun), abandonedUploads: all.slice(-MOST_ABANDONED) };
      });
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
  return uploads;
}

function without(document: LedgerDocument, names: readonly ObjectName[]): LedgerDocument {
  const left = Object.entries(document.unfinishedUploads).filter(([name]) => !names.includes(name));
  return { ...document, unfinishedUploads: Object.fromEntries(left) };
}

function isSame(a: UnfinishedUpload['source'], b: UnfinishedUpload['source']): boolean {
  return (
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.inode === b.inode &&
    a.md5 === b.md5
  );
}
