import type { Config } from '../config/config.js';
import { differingKeys, sameSettings } from './same-settings.js';

/** What differs of the settings of the daemon as a whole. */
export interface DaemonChange {
  /** Those that are carried out, as the configuration names them. */
  readonly settings: readonly string[];
  /** Those that are not: the daemon has to be started again for them. */
  readonly needsRestart: readonly NeedsRestart[];
}

export interface NeedsRestart {
  readonly setting: string;
  readonly why: string;
}

type General = Exclude<
  keyof Config,
  'file' | 'digest' | 'warnings' | 'targets' | 'mirrors' | 'log'
>;

interface DaemonRule {
  readonly name: string;
  /** Why this change takes a restart; undefined: it takes none. */
  readonly restart?: (before: Config, after: Config) => string | undefined;
}

/** Every setting of the daemon as a whole but `log`. The compiler asks for a row when a setting is added. */
const RULES: Readonly<Record<General, DaemonRule>> = {
  stateFolder: {
    name: 'state',
    restart: () =>
      'the running daemon holds the lock of its state folder, and its mirrors have their indexes open there',
  },
  drainMs: { name: 'drain' },
  metrics: { name: 'metrics' },
  notify: { name: 'notify' },
  heartbeat: { name: 'heartbeat' },
  statusPage: {
    name: 'status',
    restart: (before, after) =>
      [before, after].some(({ statusPage }) => statusPage?.listen === 'systemd')
        ? 'systemd passes the socket of the status page when the daemon starts'
        : undefined,
  },
  queue: {
    name: 'queue',
    restart: () => 'jobs of the running daemon are in the queue that it has opened',
  },
  worker: { name: 'worker' },
};

export function daemonChange(before: Config, after: Config): DaemonChange {
  const keys = Object.keys(RULES) as General[];
  const differing = [
    ...differingKeys({ ...before.log }, { ...after.log }).map((key) => ({
      setting: `log.${key}`,
      why: undefined,
    })),
    ...keys
      .filter((key) => !sameSettings(before[key], after[key]))
      .map((key) => ({ setting: RULES[key].name, why: RULES[key].restart?.(before, after) })),
  ];
  return {
    settings: differing.filter(({ why }) => why === undefined).map(({ setting }) => setting),
    needsRestart: differing.flatMap(({ setting, why }) =>
      why === undefined ? [] : [{ setting, why }],
    ),
  };
}
