import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NameSet } from '../../state/ledger.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { Finding } from '../scan/compare.js';
import { openSpill } from '../scan/spill.js';
import type { SourceView } from '../source/source-view.js';
import type { Whereabout, Whereabouts } from '../work/whereabouts.js';
import type { DueDelete } from './hold-page.js';
import type { Intake } from './intake.js';
import type { Mirror } from './mirror.js';
import type { Run } from './runs.js';

/**
 * The deletes that a scan finds, kept until it has found all of them: the guard gets their number before the
 * first is made.
 */
export interface RunDeletes {
  add(finding: Finding): void;
  /**
   * Makes jobs of them as far as the guard lets it; `isListed`: extraneous objects are among them. `asOfMs`: when they had been found, see Job. What this resolves with is to be called when the run's jobs are over.
   * Rejects with the reason of `signal`.
   */
  enqueue(
    run: Run,
    isListed: boolean,
    asOfMs: number,
    signal: AbortSignal,
  ): Promise<() => Promise<void>>;
  readonly size: number;
  /** Gives the disk space back. */
  close(): void;
}

/** Names between two turns of the event loop, and verdicts that the guard writes at once. */
const PAGE = 1_000;

/** Extraneous objects that stay all the same. */
export interface KeptObjects {
  /** Why this one is not to be deleted, asked once all objects are listed. Undefined: it may be. */
  whyKept(name: ObjectName): string | undefined;
  kept(name: ObjectName, why: string): void;
}

const GONE = { action: 'delete', why: 'gone' } as const;
const REJECTED = 'its delete was rejected; to be asked again: longshore reject --undo';

export type DeletingMirror = Pick<Mirror, 'held' | 'holdPage'> & {
  readonly parts: Pick<Mirror['parts'], 'index' | 'guard' | 'location'>;
  readonly whereabouts: Pick<Whereabouts, 'find'>;
  readonly intake: Pick<Intake, 'enqueue'>;
  readonly source: Pick<SourceView, 'statsInOrder'>;
};

export function collectDeletes(
  { parts, source, whereabouts, intake, held, holdPage }: DeletingMirror,
  { whyKept, kept }: KeptObjects,
): RunDeletes {
  const { index, guard, location } = parts;
  const found = openSpill<DueDelete>(location.folder);

  /** What was found, a page at a time; other things get their turn between pages, and `signal` ends it. */
  async function* inPages(signal: AbortSignal): AsyncGenerator<readonly DueDelete[], void> {
    let page: DueDelete[] = [];
    for (const missing of found.items()) {
      page.push(missing);
      if (page.length < PAGE) continue;
      signal.throwIfAborted();
      yield page;
      page = [];
      await nextTurn();
    }
    signal.throwIfAborted();
    yield page;
  }

  async function count(
    asOfMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly deletes: number; readonly extraneous: NameSet }> {
    let digest = 0n;
    let deletes = 0;
    let extraneous = 0;
    for await (const page of inPages(signal)) {
      const stats = source.statsInOrder();
      for (const { name } of page) {
        const known = index.get(name);
        const isLost = (record: ObjectRecord) =>
          destroys(whereabouts.find(name, record, asOfMs, undefined, stats));
        if (known !== undefined) deletes += known.guarded === undefined && isLost(known) ? 1 : 0;
        else if (whyKept(name) === undefined) {
          extraneous += 1;
          digest ^= digestOf(name);
        }
      }
    }
    return { deletes, extraneous: { count: extraneous, digest: digest.toString(16) } };
  }

  /** What is known to be held needs no job, and no evidence, to stay so. */
  function isHeld(name: ObjectName): boolean {
    if (guard.holding === undefined) return false;
    const known = index.get(name);
    return known === undefined ? guard.held.extraneous > 0 : known.guarded === 'delete-held';
  }

  /** Books a delete that needs no job: its object stays, or is held already. False: it needs one, or a permit. */
  function isBooked(name: ObjectName, run: Run): boolean {
    const isExtraneous = index.get(name) === undefined;
    const why = isExtraneous ? whyStays(name) : undefined;
    if (why !== undefined) kept(name, why);
    else if (isHeld(name)) held(name, 'delete', run.id);
    else return false;
    return true;
  }

  function whyStays(name: ObjectName): string | undefined {
    return whyKept(name) ?? (guard.extraneousStays ? REJECTED : undefined);
  }

  return {
    add: ({ name, remote }) => found.add({ name, remote }),
    get size() {
      return found.size;
    },
    async enqueue(run, isListed, asOfMs, signal) {
      const { deletes, extraneous } = await count(asOfMs, signal);
      const over = await guard.expect(deletes, isListed ? extraneous : undefined);
      try {
        for await (const page of inPages(signal)) {
          const due = page.filter((missing) => !isBooked(missing.name, run));
          const others = guard.holding === undefined ? due : await holdPage(due, run, asOfMs);
          for (const { name, remote } of others) {
            signal.throwIfAborted();
            await intake.enqueue({ name, local: undefined, remote, decision: GONE, asOfMs }, run);
          }
        }
        return over;
      } catch (error) {
        await over();
        throw error;
      }
    },
    close: () => found.close(),
  };
}

/** False when its content is, or is about to be, under another name, or when its delete will be withheld. */
function destroys(found: Whereabout): boolean {
  if (found.state === 'confirmed') return !found.sameContent;
  return found.state === 'nowhere' || found.state === 'unseen';
}

/** Of a set of names, these in any order: a scan by several threads finds them in none. */
function digestOf(name: ObjectName): bigint {
  return BigInt(`0x${createHash('sha256').update(name).digest('hex')}`);
}
