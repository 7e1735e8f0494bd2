import type { Backend } from '../drivers/backend.js';
import type { TrialResult } from '../drivers/trial/trial.js';

const DAY_S = 86_400;

/**
 * What a container keeps of that which mirrors replace and delete: a result, or none where it keeps nothing, as far as the provider
 * says it. Rejects with the signal's reason.
 */
export async function probeKeptContent(
  { capabilities: { versions } }: Pick<Backend, 'capabilities'>,
  container: string,
  signal: AbortSignal,
): Promise<readonly TrialResult[]> {
  if (versions === undefined) return [];
  const keepsVersions = await unlessRefused(versions.keepsVersions(container, { signal }), signal);
  const seconds = await unlessRefused(versions.softDeleteSeconds(container, { signal }), signal);
  const kept = [
    ...(keepsVersions === true
      ? ['earlier versions are kept for as long as the container’s own rules say']
      : []),
    ...(typeof seconds === 'number' && seconds > 0
      ? [`soft delete keeps deleted objects ${daysOf(seconds)}`]
      : []),
  ];
  const unseen =
    seconds === 'unseen'
      ? [
          'whether soft delete is on cannot be seen: these credentials may not ask, or the store does not say it',
        ]
      : [];
  const notes = [...kept, ...unseen];
  if (notes.length === 0) return [];
  return [
    {
      kind: 'capability',
      id: 'kept content',
      title: `what is replaced and deleted ${kept.length > 0 ? 'stays' : 'may stay'} for a time, and is paid for`,
      verdict: 'passed',
      problems: [],
      notes,
      meaning: undefined,
    },
  ];
}

function daysOf(seconds: number): string {
  const days = Math.round(seconds / DAY_S);
  return days === 1 ? '1 day' : `${days} days`;
}

async function unlessRefused<T>(answer: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await answer;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
