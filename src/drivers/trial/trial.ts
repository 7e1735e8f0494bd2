import { type Ground, isOver } from './ground.js';

/** A promise about storage, and how it is tried on a real provider. */
export interface Trial {
  /** `G1` to `G6` (backend.ts), or the name of a capability. */
  readonly id: string;
  /** The promise, as a sentence. */
  readonly title: string;
  /** What it means for mirrors when it does not. */
  readonly meaning: string;
  /** Resolves with what was seen. Rejections count as a failure of the trial. */
  run(ground: Ground): Promise<Seen>;
}

export interface Seen {
  /** What contradicts the title, one observation each. None: it holds. */
  readonly problems: readonly string[];
  /** Facts that contradict nothing, but are worth knowing. */
  readonly notes?: readonly string[];
}

export interface TrialResult {
  readonly kind: 'guarantee' | 'capability';
  readonly id: string;
  readonly title: string;
  /** `absent`: the driver does not claim to have it, so nothing was tried. */
  readonly verdict: 'passed' | 'failed' | 'absent';
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  /** What that means for mirrors; undefined when it passed. */
  readonly meaning: string | undefined;
}

/** Tries one thing. Rejects only when nothing more can be tried: stopped, or the target does not answer any more. */
export async function runTrial(
  kind: TrialResult['kind'],
  { id, title, meaning, run }: Trial,
  ground: Ground,
): Promise<TrialResult> {
  const { problems, notes = [] } = await run(ground).catch((error: unknown) => {
    if (isOver(error, ground)) throw error;
    return { problems: [messageOf(error)], notes: [] };
  });
  const passed = problems.length === 0;
  return {
    kind,
    id,
    title,
    verdict: passed ? 'passed' : 'failed',
    problems,
    notes,
    meaning: passed ? undefined : meaning,
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A name in ASCII, so that names that look alike can be distinguished. */
export function spelled(text: string): string {
  const units = (character: string) =>
    [...character].map((_, at) => unit(character.charCodeAt(at))).join('');
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, units);
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
