import type { Clock } from '../clock.js';
import type { HeldDescription } from '../sync/guard/guard.js';
import { createHeldFolders, type HeldFolder } from './held-folders.js';
import { createHeldGroups, type HeldGroup } from './held-reasons.js';
import type { MirrorControl } from './mirror-control.js';
import type { HeldObjectsAnswer } from './schema-mirror.js';

type ListedObject = HeldObjectsAnswer['objects'][number];

/** All that there is to show of what a guard holds: found by one pass over the index. */
export interface HeldSurvey {
  readonly held: HeldDescription;
  readonly groups: readonly HeldGroup[];
  readonly folders: readonly HeldFolder[];
  /** Some of the overwrites and some of the deletes, each by name. */
  readonly first: {
    readonly overwrites: readonly ListedObject[];
    readonly deletes: readonly ListedObject[];
  };
}

/** Surveys of what is held, each made once for as long as nothing else is held. */
export interface HeldSurveys {
  of(control: Pick<MirrorControl, 'guard'>): Promise<HeldSurvey>;
}

/** Objects of each kind that a survey keeps. */
const MOST_FIRST = 1_000;
/** Milliseconds for which a survey is shown: what is not held in its folders may have changed meanwhile. */
const FRESH_MS = 60_000;

interface Made {
  readonly version: string;
  readonly atMs: number;
  readonly survey: Promise<HeldSurvey>;
}

export function createHeldSurveys(clock: Pick<Clock, 'monotonic'>): HeldSurveys {
  const made = new WeakMap<MirrorControl['guard'], Made>();
  return {
    async of({ guard }) {
      const version = guard.heldVersion;
      const known = made.get(guard);
      if (known?.version === version && clock.monotonic() - known.atMs < FRESH_MS)
        return known.survey;
      const survey = surveyHeld(guard);
      made.set(guard, { version, atMs: clock.monotonic(), survey });
      try {
        const found = await survey;
        // Something else was held while it was made: it is right for that moment, and not for the next.
        if (guard.heldVersion !== version) made.delete(guard);
        return found;
      } catch (error) {
        made.delete(guard);
        throw error;
      }
    },
  };
}

async function surveyHeld(guard: MirrorControl['guard']): Promise<HeldSurvey> {
  const groups = createHeldGroups();
  const folders = createHeldFolders();
  const overwrites: ListedObject[] = [];
  const deletes: ListedObject[] = [];
  const held = await guard.describe((name, { size: bytes }, change) => {
    folders.add(name, change !== undefined, bytes);
    if (change === undefined) return;
    groups.add({ name, change });
    const first = change === 'overwrite' ? overwrites : deletes;
    if (first.length < MOST_FIRST) first.push({ name, change, bytes });
  });
  return {
    held,
    groups: groups.list(),
    folders: folders.folders(),
    first: { overwrites, deletes },
  };
}
