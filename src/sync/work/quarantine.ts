import type { Clock } from '../../clock.js';
import type { Logger } from '../../log.js';
import type { Ledger, Quarantined } from '../../state/ledger.js';
import type { ObjectName } from '../../state/object-index.js';

/** The quarantined objects, in the ledger too: a restart neither forgets them nor tries them sooner. */
export interface Quarantine {
  get(name: ObjectName): Quarantined | undefined;
  /** False when so many are kept already that this one is not. */
  put(name: ObjectName, quarantined: Quarantined): boolean;
  /** The object is done, or nothing is due about it any more. */
  release(name: ObjectName): void;
  /** By name. */
  readonly all: ReadonlyMap<ObjectName, Quarantined>;
  /** Resolves when the ledger has what this has, or could not be written to. */
  flush(): Promise<void>;
}

/** More than anybody reads, and no more than a ledger can bear. */
const MOST = 1_000;
/** Of an error's text; providers answer whole pages. */
const LONGEST_ERROR = 500;
/** Failures of this long share one write. */
const WRITE_AFTER_MS = 1_000;

export function openQuarantine(ledger: Ledger, clock: Clock, log: Logger): Quarantine {
  const all = new Map(Object.entries(ledger.read().quarantined));
  let cancelWrite: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();

  function write(): Promise<void> {
    cancelWrite = undefined;
    const quarantined = Object.fromEntries(all);
    const written = ledger.update((document) => ({ ...document, quarantined }));
    writing = written.catch((error: unknown) =>
      log.warn('quarantine not written: a restart will try these objects at once', {
        error,
      }),
    );
    return writing;
  }

  function changed(): void {
    cancelWrite ??= clock.after(WRITE_AFTER_MS, () => void write());
  }

  return {
    all,
    get: (name) => all.get(name),
    put(name, { error, ...quarantined }) {
      if (!all.has(name) && all.size >= MOST) return false;
      all.set(name, { ...quarantined, error: error.slice(0, LONGEST_ERROR) });
      changed();
      return true;
    },
    release(name) {
      if (all.delete(name)) changed();
    },
    async flush() {
      cancelWrite?.();
      await (cancelWrite ? write() : writing);
    },
  };
}
