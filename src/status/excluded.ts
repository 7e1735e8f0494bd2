import type { MirrorControl } from './mirror-control.js';
import type { MirrorAnswer } from './schema-mirror.js';

/** What the rules exclude of a mirror, by rule, with where each stands. */
export async function excludedOf(
  control: Pick<MirrorControl, 'figures' | 'placeOf'>,
): Promise<MirrorAnswer['excluded']> {
  const { source, excludedJump } = control.figures();
  const { exclusions, excludedObjects = null } = source ?? {};
  const rules = (exclusions?.rules ?? []).map(async ({ pattern, place, entries }) => ({
    rule: pattern,
    kind: kindOf(place?.kind),
    at: place === undefined || place.kind === 'own' ? null : await control.placeOf(place),
    entries,
  }));
  return {
    entries: exclusions?.entries ?? null,
    objects: excludedObjects,
    more: excludedJump?.more ?? null,
    rules: await Promise.all(rules),
  };
}

function kindOf(
  place: 'setting' | 'ignore-file' | 'own' | undefined,
): MirrorAnswer['excluded']['rules'][number]['kind'] {
  if (place === undefined) return 'include';
  return place === 'own' ? 'own' : 'pattern';
}
