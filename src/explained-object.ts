import { readWritten } from './config/load.js';
import { patternLine } from './config/pattern-line.js';
import type { ExplainedObject } from './status/explain-object.js';
import { type ObjectFactsOptions, objectFactsOf } from './sync/mirror/object-facts.js';
import type { RulePlace } from './watcher/exclusion.js';

/** Where a pattern of a mirror stands in the configuration, as `FILE:LINE`; resolves with undefined where that is not known. */
export type PatternPlace = (
  mirror: string,
  setting: 'exclude' | 'include',
  index: number,
) => Promise<string | undefined>;

/** In the present file. */
export function placesIn(file: string): PatternPlace {
  return async (mirror, setting, index) => {
    const written = await readWritten(file).catch(() => undefined);
    const line = written && patternLine(written, mirror, setting, index);
    return line === undefined ? undefined : `${file}:${line}`;
  };
}

/** What is true of an object now, with where the rule stands that decides about it. Throws as `objectFactsOf` does. */
export async function explainedObject(
  options: ObjectFactsOptions & { readonly mirror: string },
  placeOf: PatternPlace,
  name: string,
): Promise<ExplainedObject> {
  const { rule, disk, record, decision } = objectFactsOf(options, name);
  return {
    rule,
    ruleAt: rule?.place && (await placeText(rule.place, placeOf, options.mirror)),
    disk,
    record,
    decision,
  };
}

/** `file:line`; the setting where the line is not known. */
export async function placeText(
  place: RulePlace,
  placeOf: PatternPlace,
  mirror: string,
): Promise<string> {
  switch (place.kind) {
    case 'own':
      return 'longshore';
    case 'ignore-file':
      return `${place.path}:${place.line}`;
    case 'setting': {
      const { setting, index } = place;
      return (await placeOf(mirror, setting, index)) ?? `${setting}[${index}] of ${mirror}`;
    }
  }
}
