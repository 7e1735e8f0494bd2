import {
  type Dirent,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Operation } from '../../src/drivers/layers/operations.js';
import { keyProblem, maxKeyBytes } from '../../src/drivers/local/names.js';
import type { Note, OrderedFault } from './armed/orders.js';
import { createHistory } from './history.js';
import { md5Of, msOf, nowMs } from './journal.js';
import { CONTAINER, type Held, isOwn, isRecorded, type TortureTarget } from './target.js';

/** Operations whose answers have digests of content. */
const LIES: ReadonlySet<Operation> = new Set(['putObject', 'putObjects', 'copyObject']);

/** `disk`: the folder of a file system that may be filled. */
export function localTarget(root: string, disk: string | undefined): TortureTarget {
  const container = join(root, CONTAINER);
  const ballast = join(disk ?? root, 'ballast');
  const seen = new Map<string, { readonly stamp: string; readonly held: Held }>();
  const recorder = createHistory();
  let ordered: OrderedFault[] = [];
  let met = 0;
  let scripted = 0;

  /** Undefined for one that goes away meanwhile, or becomes a folder, or is below one that becomes a file. */
  function heldAt(path: string): Held | undefined {
    try {
      return heldIn(path);
    } catch (error) {
      if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
        return undefined;
      throw error;
    }
  }

  function entriesOf(folder: string): Dirent[] {
    try {
      return readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    }
  }

  function heldIn(path: string): Held {
    const { ino, size, mtimeNs, ctimeNs, mode } = lstatSync(path, { bigint: true });
    const stamp = `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    const known = seen.get(path);
    if (known?.stamp === stamp) return known.held;
    const held = {
      md5: md5Of(readFileSync(path)),
      mtime: Number(mtimeNs) / 1e9,
      permissions: Number(mode) & 0o777,
    };
    seen.set(path, { stamp, held });
    return held;
  }

  /** A change that was begun when the daemon was killed may have been made. */
  function read(notes: readonly Note[]): void {
    const begun = new Map<string, number>();
    for (const said of notes) {
      if (said.note === 'begun')
        for (const name of said.names) begun.set(name, begun.get(name) ?? msOf(BigInt(said.atNs)));
      if (said.note !== 'ended') continue;
      for (const [at, name] of said.names.entries()) {
        const beganMs = begun.get(name) ?? 0;
        const step = {
          beganMs,
          endedMs: msOf(BigInt(said.atNs)),
          content: said.contents?.[at] ?? undefined,
        };
        if (isRecorded(name)) recorder.record(name, step);
        begun.delete(name);
      }
    }
    for (const [name, beganMs] of begun) {
      if (isRecorded(name))
        recorder.record(name, {
          beganMs,
          endedMs: nowMs(),
          content: heldAt(join(container, name))?.md5,
        });
    }
  }

  return {
    history: recorder.history,
    read,
    settings: `{ driver: local, root: ${root}, fsync: true }`,
    nameProblem: (name) => keyProblem(name, maxKeyBytes(root)),
    objects() {
      const objects = new Map<string, Held>();
      const visit = (below: string): void => {
        for (const entry of entriesOf(join(container, below))) {
          const name = below + entry.name;
          if (entry.isDirectory()) visit(`${name}/`);
          const held = entry.isFile() && !isOwn(name) ? heldAt(join(container, name)) : undefined;
          if (held) objects.set(name, held);
        }
      };
      visit('');
      return objects;
    },
    uploads: () => new Map(),
    leftovers: () =>
      existsSync(join(root, '.longshore/incoming'))
        ? readdirSync(join(root, '.longshore/incoming'))
        : [],
    script(random) {
      const operations = [
        'putObject',
        'putObject',
        'putObjects',
        'putObjects',
        'deleteObjects',
        'copyObject',
        'headContainer',
      ] as const;
      const kinds = ['error', 'down', 'full', 'lost', 'lie', 'stall'] as const;
      for (let count = 1 + Math.floor(random() * 4); count > 0; count -= 1) {
        const operation = operations[Math.floor(random() * operations.length)] ?? 'putObject';
        const kind = kinds[Math.floor(random() * kinds.length)] ?? 'error';
        const fits = kind !== 'lie' || LIES.has(operation);
        scripted += 1;
        ordered.push({ id: scripted, operation, kind: fits ? kind : 'error' });
      }
    },
    get ordered() {
      return ordered;
    },
    met(id) {
      const before = ordered.length;
      ordered = ordered.filter((fault) => fault.id !== id);
      met += before - ordered.length;
    },
    /** Without those of batches: only a scan that finds many files at once makes one, and in a quiet world none may. */
    get faultsLeft() {
      return ordered.filter(({ operation }) => operation !== 'putObjects').length;
    },
    get faultsMet() {
      return met;
    },
    fill() {
      if (disk === undefined) return false;
      const { bavail, bsize } = statfsSync(disk);
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 8192)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error; // the daemon was quicker: then it is full as well
      }
      return true;
    },
    empty: () => rmSync(ballast, { force: true }),
    close: async () => {},
  };
}
