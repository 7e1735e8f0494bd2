import type { Clock } from '../../clock.js';
import type { Logger } from '../../log.js';
import type { Ledger, Quarantined } from '../../state/ledger.js';
import type { ObjectName } from '../../state/object-index.js';

/** The quarantined objects, in the ledger too: a restart neither forgets them nor tries them sooner. */
export interface Quarantine {
  get(name: ObjectName): Quarantined | undefined;
  /** Whether the object is kept already, or can be: their number is bounded. */
  fits(name: ObjectName): boolean;
  /** Undefined: the object leaves the quarantine. Does nothing where an object does not fit. */
  set(name: ObjectName, quarantined: Quarantined | undefined): void;
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

  function fits(name: ObjectName): boolean {
    return all.has(name) || all.size < MOST;
  }

  return {
    all,
    get: (name) => all.get(name),
    fits,
    set(name, quarantined) {
      if (quarantined === all.get(name)) return;
      if (quarantined === undefined) all.delete(name);
      else if (fits(name)) all.set(name, withShortError(quarantined));
      else return;
      changed();
    },
    async flush() {
      cancelWrite?.();
      await (cancelWrite ? write() : writing);
    },
  };
}

function withShortError({ error, ...quarantined }: Quarantined): Quarantined {
  return { ...quarantined, error: error.slice(0, LONGEST_ERROR) };
}
