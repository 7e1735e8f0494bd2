import { HEADER_FIELDS, type HeaderAndClassRule, type HeaderRule } from '../config/header-rules.js';
import { matchesPattern } from './name-pattern.js';

export type { HeaderAndClassRule } from '../config/header-rules.js';

/** The headers that the rules have for an object: of each, that of the first rule whose pattern matches its name. */
export function headersByPattern(
  rules: readonly HeaderRule[],
  name: string,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const rule of rules) {
    if (!matchesPattern(rule.match, name)) continue;
    for (const field of HEADER_FIELDS) {
      const value = rule[field];
      if (value !== undefined) found[field.replace('_', '-')] ??= value;
    }
  }
  return found;
}

/** The storage class of the first rule that has one and matches. */
export function storageClassByPattern(
  rules: readonly HeaderAndClassRule[],
  name: string,
): string | undefined {
  return rules.find(
    ({ match, storage_class: ruled }) => ruled !== undefined && matchesPattern(match, name),
  )?.storage_class;
}
