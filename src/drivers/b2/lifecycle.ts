import type { Notice } from '../notice.js';
import { isObject, type JsonObject } from './json.js';

/**
 * What an operator should know of a bucket's lifecycle rules (https://www.backblaze.com/docs/cloud-storage-lifecycle-rules):
 * `kept`: no rule deletes versions that were replaced or hidden. `hides`: a rule hides files that no client has deleted.
 */
export function lifecycleProblem(rules: unknown): 'kept' | 'hides' | undefined {
  const all = (Array.isArray(rules) ? rules : []).filter(isObject);
  if (all.some((rule) => isDays(rule, 'daysFromUploadingToHiding'))) return 'hides';
  return all.some((rule) => isDays(rule, 'daysFromHidingToDeleting')) ? undefined : 'kept';
}

function isDays(rule: JsonObject, name: string): boolean {
  return typeof rule[name] === 'number';
}

/** Once for each bucket: see lifecycleProblem. */
export function lifecycleNotices(notice: Notice): (container: string, rules: unknown) => void {
  const looked = new Set<string>();
  return (container, rules) => {
    if (looked.has(container)) return;
    looked.add(container);
    const problem = lifecycleProblem(rules);
    if (problem === 'kept')
      notice('old versions are never deleted', {
        container,
        advice: 'they are paid for: give the bucket a lifecycle rule',
      });
    if (problem === 'hides')
      notice('a lifecycle rule hides objects', {
        container,
        advice: 'a mirror sends them again: take daysFromUploadingToHiding out of the rule',
      });
  };
}
