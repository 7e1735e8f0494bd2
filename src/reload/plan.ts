import type { Config, MirrorConfig, TargetConfig } from '../config/config.js';
import { type DaemonChange, daemonChange } from './daemon-rules.js';
import { MIRROR_RULES, type MirrorRule } from './mirror-rules.js';
import type { Risk, RiskKind } from './risk.js';
import { sameSettings } from './same-settings.js';
import { planTargets, type TargetsPlan } from './target-plan.js';

/** What differs between the settings that a daemon runs with and those of its file. */
export interface ReloadPlan {
  readonly mirrors: MirrorsPlan;
  readonly targets: TargetsPlan;
  readonly daemon: DaemonChange;
  readonly risks: readonly Risk[];
}

/** Each mirror of either configuration is in exactly one of these lists. */
export interface MirrorsPlan {
  /** Nothing of it changes. */
  readonly kept: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly ChangedMirror[];
}

export interface ChangedMirror {
  readonly mirror: string;
  /** As the configuration names them; `targets.NAME` where its target is opened again. */
  readonly settings: readonly string[];
  /** False: the mirror goes on undisturbed, with its watches, transfers and counters. */
  readonly restarts: boolean;
  /** Whether its index and ledger stay open: they are about the same objects, in the same format. */
  readonly keepsState: boolean;
  /** Whether it goes on with the lease that it holds, so that no other machine takes it meanwhile. */
  readonly keepsLease: boolean;
}

/** Where a mirror's objects are, as text: see mirrorPlace. */
export type PlaceOf = (mirror: MirrorConfig, target: TargetConfig) => string;

type Settings = Pick<Config, 'mirrors' | 'targets'>;

/** Pure: what there is to do so that a daemon with the settings `before` runs with those of `after`. */
export function planReload(before: Config, after: Config, placeOf: PlaceOf): ReloadPlan {
  const targets = planTargets(before, after);
  const old = new Map(before.mirrors.map((mirror) => [mirror.name, mirror]));
  const names = new Set(after.mirrors.map(({ name }) => name));
  const removed = before.mirrors.filter(({ name }) => !names.has(name));
  const pairs = after.mirrors.flatMap((now) => {
    const was = old.get(now.name);
    return was === undefined ? [] : [{ was, now }];
  });
  const places = { was: placesIn(before, placeOf), now: placesIn(after, placeOf) };
  const changes = pairs.map((pair) => changeOf(pair, targets, places));
  return {
    mirrors: {
      kept: changes.filter(({ settings }) => settings.length === 0).map(({ mirror }) => mirror),
      added: after.mirrors.filter(({ name }) => !old.has(name)).map(({ name }) => name),
      removed: removed.map(({ name }) => name),
      changed: changes.filter(({ settings }) => settings.length > 0),
    },
    targets,
    daemon: daemonChange(before, after),
    risks: [
      ...removed.map(({ name }) => ({
        mirror: name,
        setting: 'mirrors',
        kind: 'removed' as const,
      })),
      ...pairs.flatMap((pair) => risksOf(pair, places)),
    ],
  };
}

/** Whether there is nothing to do. */
export function isUnchanged({ mirrors, targets, daemon }: ReloadPlan): boolean {
  return (
    mirrors.added.length + mirrors.removed.length + mirrors.changed.length === 0 &&
    targets.changed.length === 0 &&
    daemon.settings.length + daemon.needsRestart.length === 0
  );
}

interface Pair {
  readonly was: MirrorConfig;
  readonly now: MirrorConfig;
}

interface Places {
  readonly was: (mirror: MirrorConfig) => string | undefined;
  readonly now: (mirror: MirrorConfig) => string | undefined;
}

function placesIn({ targets }: Settings, placeOf: PlaceOf): Places['was'] {
  const byName = new Map(targets.map((target) => [target.name, target]));
  return (mirror) => {
    const target = byName.get(mirror.target);
    return target && placeOf(mirror, target);
  };
}

function changeOf({ was, now }: Pair, targets: TargetsPlan, places: Places): ChangedMirror {
  const rules = differingRules(was, now).map(({ rule }) => rule);
  const isReopened = targets.reopened.includes(now.target);
  const keepsState = places.was(was) === places.now(now) && was.index === now.index;
  return {
    mirror: now.name,
    settings: [...rules.map(({ name }) => name), ...(isReopened ? [`targets.${now.target}`] : [])],
    restarts: isReopened || rules.some(({ does }) => does === 'restart'),
    keepsState,
    keepsLease:
      keepsState &&
      !isReopened &&
      was.target === now.target &&
      was.leaseMs === now.leaseMs &&
      was.workers === now.workers, // the lease says whether there are any
  };
}

function differingRules(
  was: MirrorConfig,
  now: MirrorConfig,
): readonly { readonly rule: MirrorRule }[] {
  const keys = Object.keys(MIRROR_RULES) as (keyof typeof MIRROR_RULES)[];
  return keys
    .filter((key) => !sameSettings(was[key], now[key]))
    .map((key) => ({ rule: MIRROR_RULES[key] }));
}

/** Of another place, only that: nothing is known of what is there. */
function risksOf({ was, now }: Pair, places: Places): readonly Risk[] {
  const risk = (setting: string, kind: RiskKind): Risk => ({ mirror: now.name, setting, kind });
  if (places.was(was) !== places.now(now)) return [risk(placeSetting(was, now), 'place')];
  const seen = new Set<RiskKind>();
  return differingRules(was, now).flatMap(({ rule }) => {
    const kind = rule.risk?.(was, now);
    if (kind === undefined || seen.has(kind)) return [];
    seen.add(kind);
    return [risk(rule.name, kind)];
  });
}

function placeSetting(was: MirrorConfig, now: MirrorConfig): string {
  const differing = (['target', 'container', 'prefix'] as const).find(
    (key) => was[key] !== now[key],
  );
  return differing ?? `targets.${now.target}`;
}
