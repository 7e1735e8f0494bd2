import { randomUUID } from 'node:crypto';
import type { Backend } from '../../drivers/backend.js';
import { StorageError } from '../../drivers/errors.js';
import type { Logger } from '../../log.js';
import type { Ledger, SetAsideCopy } from '../../state/ledger.js';
import type { ObjectName } from '../../state/object-index.js';
import { classify } from '../failure.js';
import { OWN_FOLDER } from '../reserved-names.js';

/**
 * Copies of objects that are overwritten while their files live on under names that are not mirrored yet: two files that
 * swapped their names cannot both wait for the other. Each copy is in the ledger before it is made, so that a later process
 * removes what a killed one left.
 */
export interface SetAside {
  /**
   * Resolves once a copy of the object is there, for its file, which is under `neededBy` now; also where the provider cannot copy
   * it, or has no such object. Rejects with trouble of the target or the container.
   */
  keep(name: ObjectName, neededBy: ObjectName, inode: bigint, signal: AbortSignal): Promise<void>;
  /** The file under this name is mirrored: its copy is removed, or left to `sweep`. Rejects with the signal's reason. */
  over(neededBy: ObjectName, signal: AbortSignal): Promise<void>;
  /** Removes copies that are not needed any more; `isNeeded`: the file under the name has this inode and is not mirrored yet. */
  sweep(isNeeded: (name: ObjectName, inode: bigint) => boolean, signal: AbortSignal): Promise<void>;
}

export interface SetAsideOptions {
  readonly backend: Backend;
  readonly container: string;
  readonly prefix: string;
  readonly ledger: Ledger;
  readonly log: Logger;
}

const FOLDER = `${OWN_FOLDER}aside/`;

export function createSetAside({
  backend,
  container,
  prefix,
  ledger,
  log,
}: SetAsideOptions): SetAside {
  const { copy } = backend.capabilities;
  const known = (): readonly SetAsideCopy[] => ledger.read().setAside ?? [];

  function forget(gone: SetAsideCopy): Promise<void> {
    return ledger.update(({ setAside = [], ...document }) => {
      const left = setAside.filter(({ name }) => name !== gone.name);
      return left.length === 0 ? document : { ...document, setAside: left };
    });
  }

  async function remove(copies: readonly SetAsideCopy[], signal: AbortSignal): Promise<void> {
    for (const each of copies) {
      try {
        await backend.deleteObject({ container, key: prefix + each.name }, { signal });
        await forget(each);
      } catch (error) {
        signal.throwIfAborted();
        log.warn(
          'a copy that was set aside could not be removed; it is tried again after the next run',
          { object: each.name, error },
        );
      }
    }
  }

  return {
    async keep(name, neededBy, inode, signal) {
      if (copy === undefined) return;
      const aside: SetAsideCopy = {
        name: `${FOLDER}${randomUUID()}`,
        neededBy,
        inode: String(inode),
      };
      await ledger.update((document) => ({
        ...document,
        setAside: [...(document.setAside ?? []), aside],
      }));
      try {
        await copy.copyObject(
          { container, key: prefix + name },
          { container, key: prefix + aside.name },
          undefined,
          { signal },
        );
      } catch (error) {
        signal.throwIfAborted();
        if (!isAboutObject(error, container)) throw error;
        await forget(aside);
      }
    },
    async over(neededBy, signal) {
      const copies = known().filter((each) => each.neededBy === neededBy);
      if (copies.length > 0) await remove(copies, signal);
    },
    async sweep(isNeeded, signal) {
      const over = known().filter(({ neededBy, inode }) => !isNeeded(neededBy, BigInt(inode)));
      await remove(over, signal);
    },
  };
}

/** The provider does not copy this object, whatever else it does. */
function isAboutObject(error: unknown, container: string): boolean {
  return (
    error instanceof StorageError &&
    error.retry === 'never' &&
    classify(error, container).kind === 'object'
  );
}
