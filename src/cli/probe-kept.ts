import type { Backend } from '../drivers/backend.js';
import type { TrialResult } from '../drivers/trial/trial.js';

const DAY_S = 86_400;

/**
 * What a container keeps of that which mirrors replace and delete: a result, or none where it keeps nothing, or where these
 * credentials may not ask. Rejects with the signal's reason.
 */
export async function probeKeptContent(
  { headContainer, capabilities }: Pick<Backend, 'headContainer' | 'capabilities'>,
  container: string,
  signal: AbortSignal,
): Promise<readonly TrialResult[]> {
  const keepsVersions = await unlessRefused(
    capabilities.versions?.keepsVersions(container, { signal }),
    signal,
  );
  const info = await unlessRefused(headContainer(container, { signal }), signal);
  const seconds = Number(info?.extra['softDeleteSeconds'] ?? 0);
  const notes = [
    ...(keepsVersions === true
      ? ['earlier versions are kept for as long as the container’s own rules say']
      : []),
    ...(seconds > 0
      ? [`soft delete keeps deleted objects ${Math.round(seconds / DAY_S)} days`]
      : []),
  ];
  if (notes.length === 0) return [];
  return [
    {
      kind: 'capability',
      id: 'kept content',
      title: 'what is replaced and deleted stays for a time, and is paid for',
      verdict: 'passed',
      problems: [],
      notes,
      meaning: undefined,
    },
  ];
}

async function unlessRefused<T>(
  answer: Promise<T> | undefined,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await answer;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
