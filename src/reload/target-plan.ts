import type { Config, TargetConfig } from '../config/config.js';
import { differingKeys, isPlain, sameSettings } from './same-settings.js';

/** What becomes of the targets. Only those that a mirror names are open. */
export interface TargetsPlan {
  readonly opened: readonly string[];
  readonly closed: readonly string[];
  /** Opened with the new settings, and the old one is closed: their mirrors begin again. */
  readonly reopened: readonly string[];
  /** Have other limits from now on, and go on. */
  readonly limited: readonly string[];
  /** All targets of either configuration that are not the same in both, with the settings that differ. */
  readonly changed: readonly ChangedTarget[];
}

export interface ChangedTarget {
  readonly target: string;
  /** As the configuration names them; empty: the target is added or removed. */
  readonly settings: readonly string[];
}

type Settings = Pick<Config, 'mirrors' | 'targets'>;

/** As the configuration names them. */
const NAMES: Readonly<Record<Exclude<keyof TargetConfig, 'name' | 'settings'>, string>> = {
  driver: 'driver',
  concurrency: 'concurrency',
  bandwidth: 'bandwidth',
  requestRate: 'request_rate',
  multipartThreshold: 'multipart_threshold',
  partSize: 'part_size',
};

export function planTargets(before: Settings, after: Settings): TargetsPlan {
  const old = new Map(before.targets.map((target) => [target.name, target]));
  const [usedBefore, usedAfter] = [usedIn(before), usedIn(after)];
  const inBoth = after.targets.flatMap((now) => {
    const was = old.get(now.name);
    return was === undefined ? [] : [{ was, now, settings: differing(was, now) }];
  });
  const differ = inBoth.filter(({ settings }) => settings.length > 0);
  const open = differ.filter(({ now }) => usedBefore.has(now.name) && usedAfter.has(now.name));
  const names = new Set(after.targets.map(({ name }) => name));
  const inOne = [
    ...after.targets.filter(({ name }) => !old.has(name)),
    ...before.targets.filter(({ name }) => !names.has(name)),
  ];
  return {
    opened: [...usedAfter].filter((name) => !usedBefore.has(name)),
    closed: [...usedBefore].filter((name) => !usedAfter.has(name)),
    reopened: open.filter((each) => !isOnlyLimits(each)).map(({ now }) => now.name),
    limited: open.filter(isOnlyLimits).map(({ now }) => now.name),
    changed: [
      ...inOne.map(({ name }) => ({ target: name, settings: [] })),
      ...differ.map(({ now, settings }) => ({ target: now.name, settings })),
    ],
  };
}

function usedIn({ mirrors }: Settings): ReadonlySet<string> {
  return new Set(mirrors.map(({ target }) => target));
}

function differing(was: TargetConfig, now: TargetConfig): readonly string[] {
  const keys = Object.keys(NAMES) as (keyof typeof NAMES)[];
  return [
    ...keys.filter((key) => !sameSettings(was[key], now[key])).map((key) => NAMES[key]),
    ...differingOwn(was.settings, now.settings),
  ];
}

/** Of the driver's own settings. */
function differingOwn(was: unknown, now: unknown): readonly string[] {
  if (isPlain(was) && isPlain(now)) return differingKeys(was, now);
  return sameSettings(was, now) ? [] : ['driver'];
}

/** Another rate takes the place of one that was there. A target without a limit has nothing that would hold it to one. */
function isOnlyLimits({
  was,
  now,
  settings,
}: {
  readonly was: TargetConfig;
  readonly now: TargetConfig;
  readonly settings: readonly string[];
}): boolean {
  return (
    settings.every((name) => name === NAMES.bandwidth || name === NAMES.requestRate) &&
    (was.bandwidth === undefined) === (now.bandwidth === undefined) &&
    (was.requestRate === undefined) === (now.requestRate === undefined)
  );
}
