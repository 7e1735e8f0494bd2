import type { Config } from './config/config.js';
import { mirrorPlace } from './mirror-place.js';
import { affectedBy } from './reload/affected.js';
import { isUnchanged, planReload, type ReloadPlan } from './reload/plan.js';
import type { Affected } from './reload/risk.js';
import type { Runtime } from './runtime.js';
import type { LedgerDocument } from './state/ledger.js';
import type { ReloadAnswer } from './status/schema-reload.js';
import { identityOf, sameSource } from './sync/source/source-identity.js';
import { openSource, SourceMissingError } from './watcher/source.js';
import type { World } from './world.js';

/** What differs between two configurations, and what becomes of objects because of that. */
export interface FoundChanges {
  readonly plan: ReloadPlan;
  readonly affected: readonly Affected[];
}

export interface LookOptions {
  readonly world: Pick<World, 'findDriver'>;
  readonly runtime: Pick<Runtime, 'opened'>;
}

/** Compares the configuration that a daemon works with with another one. Reads indexes and the disk, and changes nothing. */
export async function findChanges(
  { world: { findDriver }, runtime }: LookOptions,
  before: Config,
  after: Config,
): Promise<FoundChanges> {
  const plan = planReload(before, after, (mirror, target) =>
    mirrorPlace(mirror, target, findDriver),
  );
  const affected: Affected[] = [];
  if (plan.daemon.needsRestart.length > 0) return { plan, affected };
  for (const risk of plan.risks) {
    const opened = runtime.opened(risk.mirror);
    const was = before.mirrors.find(({ name }) => name === risk.mirror);
    if (opened === undefined || was === undefined) continue;
    const { parts } = opened.mirror;
    const { deletes, overwrites, extraneous } = parts.guard.held;
    const pair = { before: was, after: after.mirrors.find(({ name }) => name === risk.mirror) };
    const exposed = {
      index: parts.index,
      held: deletes + overwrites + extraneous,
      isSource: (path: string) => isSourceOf(parts.ledger.read(), path),
    };
    affected.push(...(await affectedBy(risk, pair, exposed)));
  }
  return { plan, affected };
}

/** Why these changes take a restart; undefined: they take none. */
export function restartReason({ plan }: Pick<FoundChanges, 'plan'>): string | undefined {
  const { needsRestart } = plan.daemon;
  if (needsRestart.length === 0) return undefined;
  const reasons = needsRestart.map(({ setting, why }) => `${setting}: ${why}`).join('; ');
  return `nothing was changed: restart the daemon for ${reasons}`;
}

/** What a reload makes of these changes; `apply`: also of those that may destroy something. */
export function outcomeOf(
  { plan, affected }: FoundChanges,
  apply: boolean,
): ReloadAnswer['outcome'] {
  if (isUnchanged(plan)) return 'unchanged';
  return affected.length > 0 && !apply ? 'announced' : 'done';
}

/** Whether the folder at a path is the one that a mirror has remembered as its source. */
function isSourceOf({ source }: Pick<LedgerDocument, 'source'>, path: string): boolean {
  try {
    return source !== undefined && sameSource(source, identityOf(openSource(path)));
  } catch (error) {
    if (error instanceof SourceMissingError) return false;
    throw error;
  }
}
