import type { Fields, Level } from './line.js';

/** Which lines are written: for all of the log, and for single mirrors and targets. May be changed at any time. */
export interface LogLevels {
  wants(level: Level, fields: Fields): boolean;
  /** Whether a line of level debug may be wanted. */
  readonly debugEnabled: boolean;
  /** `name`: of a mirror or target; undefined: of all that have none of their own. `level` undefined: as at the start. */
  set(name: string | undefined, level: Level | undefined): void;
  /** As they are now. */
  read(): { readonly level: Level; readonly own: Readonly<Record<string, Level>> };
}

export const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug'];

export function createLevels(configured: Level): LogLevels {
  const own = new Map<string, Level>();
  let general = configured;

  function levelFor(fields: Fields): Level {
    if (own.size === 0) return general;
    const { mirror, target } = fields;
    return own.get(String(mirror)) ?? own.get(String(target)) ?? general;
  }

  return {
    wants: (level, fields) => LEVELS.indexOf(level) <= LEVELS.indexOf(levelFor(fields)),
    get debugEnabled() {
      return general === 'debug' || [...own.values()].includes('debug');
    },
    set(name, level) {
      if (name === undefined) general = level ?? configured;
      else if (level === undefined) own.delete(name);
      else own.set(name, level);
    },
    read: () => ({ level: general, own: Object.fromEntries(own) }),
  };
}
