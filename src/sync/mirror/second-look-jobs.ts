import type { ObjectName } from '../../state/object-index.js';
import { momentNow } from '../moment.js';
import type { SourceView } from '../source/source-view.js';
import { NO_RUN } from '../work/job.js';
import { createSecondLooks, type SecondLooks } from '../work/second-looks.js';
import type { Findings } from './findings.js';
import type { MirrorParts } from './mirror-parts.js';

/** The second looks of a mirror; undefined: no other process ever worked for it. */
export function openSecondLooks(
  parts: Pick<MirrorParts, 'underWay' | 'clock' | 'statAgain' | 'drain'>,
  { admission }: Pick<Findings, 'admission'>,
  source: Pick<SourceView, 'statPath'>,
): SecondLooks | undefined {
  const { underWay, clock, statAgain, drain } = parts;

  async function look(names: readonly ObjectName[]): Promise<void> {
    for (const name of names) {
      drain.throwIfAborted();
      const state = source.statPath(name);
      const local = state.found === 'entry' ? state.entry : undefined;
      const since = momentNow(clock);
      await admission.add({ name, local, remote: 'ask', run: NO_RUN, mayBeRenamed: false, since });
    }
  }

  return (
    underWay && createSecondLooks({ underWay, staysForIt: statAgain, clock, look, signal: drain })
  );
}
