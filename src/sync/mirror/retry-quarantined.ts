import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';
import type { SourceView } from '../source/source-view.js';
import type { Quarantine } from '../work/quarantine.js';
import type { LinkedIntake } from './hard-links.js';

export interface Retried {
  readonly quarantine: Pick<Quarantine, 'all' | 'get' | 'set'>;
  readonly intake: Pick<LinkedIntake, 'hints'>;
  readonly source: Pick<SourceView, 'pathOf'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** See Mirror.retryNow. The jobs begin with the disk, and supersede the retries that wait. */
export async function retryQuarantined(
  { quarantine, intake, source, clock }: Retried,
  only: ObjectName | undefined,
): Promise<number> {
  const names = only === undefined ? [...quarantine.all.keys()] : [only];
  const due = names.flatMap((name) => {
    const known = quarantine.get(name);
    return known === undefined ? [] : [[name, known] as const];
  });
  for (const [name, known] of due) quarantine.set(name, { ...known, nextTryMs: clock.now() });
  const paths = due.map(([name]) => source.pathOf(name));
  if (paths.length > 0)
    await intake.hints(
      paths,
      paths.map(() => null),
    );
  return due.length;
}
