import { createHash } from 'node:crypto';
import { createHistory, type History } from './history.js';

/** Nanoseconds of the system's monotonic clock. */
export const nowNs = (): bigint => process.hrtime.bigint();

export const msOf = (ns: bigint): number => Number(ns) / 1e6;

/** Milliseconds of the system's monotonic clock. */
export const nowMs = (): number => msOf(nowNs());

export const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

interface Step {
  /** The change happened between these. */
  readonly beganNs: bigint;
  readonly endedNs: bigint;
  readonly present: boolean;
}

interface NameHistory {
  readonly steps: Step[];
  readonly contents: Set<string>;
}

/** What the files behind each object name were, and when: what a container may hold, and lose, is judged by it. */
export interface Journal {
  /** Does one change of the tree and notes it: of each name what is there afterwards, as MD5, or undefined for nothing. */
  step(
    what: string,
    change: () => void,
    after: () => Iterable<readonly [name: string, md5: string | undefined]>,
  ): void;
  /** Whether there was no file of this name at some moment between the two. */
  wasAbsent(name: string, fromNs: bigint, toNs: bigint): boolean;
  /** Whether the file of this name ever had this content. */
  hadContent(name: string, md5: string): boolean;
  /** What each name held, and when. */
  readonly history: History;
  /** The last changes, for who looks into a failure. */
  lines(about?: string): readonly string[];
}

const KEPT_LINES = 4_000;

export function createJournal(): Journal {
  const histories = new Map<string, NameHistory>();
  const recorder = createHistory();
  let lines: { readonly text: string; readonly names: readonly string[] }[] = [];

  function historyOf(name: string): NameHistory {
    let history = histories.get(name);
    if (!history) {
      history = { steps: [], contents: new Set() };
      histories.set(name, history);
    }
    return history;
  }

  return {
    step(what, change, after) {
      const beganNs = nowNs();
      change();
      const endedNs = nowNs();
      const names: string[] = [];
      for (const [name, md5] of after()) {
        const history = historyOf(name);
        history.steps.push({ beganNs, endedNs, present: md5 !== undefined });
        recorder.record(name, { beganMs: msOf(beganNs), endedMs: msOf(endedNs), content: md5 });
        if (md5 !== undefined) history.contents.add(md5);
        names.push(name);
      }
      lines.push({ text: `${endedNs} ${what}`, names });
      if (lines.length > 2 * KEPT_LINES) lines = lines.slice(-KEPT_LINES);
    },
    wasAbsent(name, fromNs, toNs) {
      const steps = histories.get(name)?.steps ?? [];
      let absent = true;
      let sinceNs = 0n;
      for (const { beganNs, endedNs, present } of steps) {
        // It is uncertain when exactly the change came: in the program's favour.
        if (absent && endedNs >= fromNs && sinceNs <= toNs) return true;
        absent = !present;
        sinceNs = beganNs;
      }
      return absent && sinceNs <= toNs;
    },
    history: recorder.history,
    hadContent: (name, md5) => histories.get(name)?.contents.has(md5) ?? false,
    lines: (about) =>
      lines
        .filter(({ names }) => about === undefined || names.includes(about))
        .map(({ text }) => text),
  };
}
