import type { Config } from './config/config.js';
import { patternLines } from './config/load.js';
import type { ExplainedObject } from './status/explain-object.js';
import { type ObjectFactsOptions, objectFactsOf } from './sync/mirror/object-facts.js';
import type { RulePlace } from './watcher/deciding-rule.js';

/** What is true of an object now, with where the rule stands that decides about it. Throws as `objectFactsOf` does. */
export async function explainedObject(
  options: ObjectFactsOptions & { readonly mirror: string },
  config: Pick<Config, 'file'>,
  name: string,
): Promise<ExplainedObject> {
  const { rule, disk, record, decision } = objectFactsOf(options, name);
  return {
    rule,
    ruleAt: rule?.place && (await placeText(rule.place, config.file, options.mirror)),
    disk,
    record,
    decision,
  };
}

/** `file:line`; the setting where the line is not found, as after a change of the file. */
async function placeText(place: RulePlace, file: string, mirror: string): Promise<string> {
  switch (place.kind) {
    case 'own':
      return 'longshore';
    case 'ignore-file':
      return `${place.path}:${place.line}`;
    case 'setting': {
      const { setting, index } = place;
      const lineOf = await patternLines(file, mirror).catch(() => undefined);
      const line = lineOf?.(setting, index);
      return line === undefined ? `${setting}[${index}] of ${mirror}` : `${file}:${line}`;
    }
  }
}
