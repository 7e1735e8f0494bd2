import { stat } from 'node:fs/promises';
import type { Clock } from './clock.js';
import type { Config } from './config/config.js';
import { ConfigError } from './config/config-error.js';
import { readWritten, type WrittenFile } from './config/load.js';
import type { Closable } from './lifecycle.js';
import type { Logger } from './log.js';
import { literalSecrets, placeIn, type ShownSettings, settingsIn } from './shown-settings.js';
import type { ConfigAnswer } from './status/schema-config.js';

/** How the configuration file is now, compared with what is loaded. */
export type DiskComparison = Omit<ConfigAnswer, 'file' | 'loadedAtMs' | 'settings'>;

export interface DiskConfig extends Closable {
  /** Reads the file. */
  compare(): Promise<DiskComparison>;
  /** What the last look at it has found; undefined: it says what is loaded, or there is no file to compare with. */
  difference(): { readonly sinceMs: number; readonly valid: boolean } | undefined;
  /** The file was loaded just now. */
  renew(): void;
}

export interface DiskConfigOptions {
  /** The present one. */
  readonly config: () => Config;
  /** Reads the file, and checks it. Rejects with ConfigError. Undefined: it cannot be read again. */
  readonly readConfig: (() => Promise<Config>) | undefined;
  readonly shown: Pick<ShownSettings, 'written'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly log: Pick<Logger, 'warn'>;
}

const LOOK_EVERY_MS = 60_000;
/** Settings that are listed. */
const MOST_DIFFERENT = 500;
/** Readings until the file is the same while it is checked and while its lines are found. */
const READINGS = 3;

const NO_FILE: DiskComparison = {
  digest: null,
  valid: true,
  complaints: [],
  differs: [],
  differsSinceMs: null,
};

/** Looks at the file once a minute from now on, until it is closed. */
export function createDiskConfig(options: DiskConfigOptions): DiskConfig {
  const { config, clock, log } = options;
  let found: ReturnType<DiskConfig['difference']>;
  let lookedAt = '';
  let cancel = () => {};

  async function compare(): Promise<DiskComparison> {
    const compared = await compareNow(options);
    const { valid, differs, differsSinceMs: sinceMs } = compared;
    found = sinceMs === null || (valid && differs.length === 0) ? undefined : { sinceMs, valid };
    return compared;
  }

  /** The file is read only when its stat, or what is loaded, is another than at the last look. */
  async function look(): Promise<void> {
    const { file, digest } = config();
    const seen = `${digest} ${await versionOf(file)}`;
    if (seen === lookedAt) return;
    await compare();
    lookedAt = seen;
  }

  const next = () => {
    cancel = clock.after(LOOK_EVERY_MS, () => {
      look()
        .catch((error: unknown) => log.warn('configuration not compared', { error }))
        .finally(next);
    });
  };
  if (options.readConfig !== undefined) next();
  return {
    compare,
    difference: () => found,
    renew() {
      found = undefined;
    },
    close: async () => cancel(),
  };
}

async function versionOf(file: string): Promise<string> {
  const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file).catch(() => MISSING);
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
}

const MISSING = { dev: 0, ino: 0, size: -1, mtimeMs: 0, ctimeMs: 0 };

async function compareNow({
  config,
  readConfig,
  shown,
  clock,
}: DiskConfigOptions): Promise<DiskComparison> {
  const loaded = config();
  if (readConfig === undefined || loaded.digest === undefined) return NO_FILE;
  const sinceMs = async () =>
    Math.min(clock.now(), await stat(loaded.file).then(({ mtimeMs }) => mtimeMs, clock.now));
  try {
    const { disk, written } = await readBoth(loaded.file, readConfig);
    const { digest = null } = disk;
    if (digest === loaded.digest) return { ...NO_FILE, digest };
    const before = await shown.written();
    const differs = before === undefined ? [] : differences(before, loaded, written, disk);
    return { digest, valid: true, complaints: [], differs, differsSinceMs: await sinceMs() };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const complaints = error.message.split('\n');
    return { ...NO_FILE, valid: false, complaints, differsSinceMs: await sinceMs() };
  }
}

/** Rejects with ConfigError. */
async function readBoth(
  file: string,
  readConfig: () => Promise<Config>,
): Promise<{ readonly disk: Config; readonly written: WrittenFile }> {
  for (let reading = 1; reading <= READINGS; reading += 1) {
    const disk = await readConfig();
    const written = await readWritten(file);
    if (disk.digest === written.digest) return { disk, written };
  }
  throw new ConfigError(`${file}: is being written to; look at it again`);
}

/** Settings whose values differ, also where both are secrets and are not shown. */
function differences(
  before: WrittenFile,
  loaded: Config,
  after: WrittenFile,
  disk: Config,
): ConfigAnswer['differs'] {
  const secrets = [...literalSecrets(loaded), ...literalSecrets(disk)];
  const was = bySetting(before, secrets);
  const now = bySetting(after, secrets);
  const all = [...now.keys(), ...[...was.keys()].filter((setting) => !now.has(setting))];
  return all
    .flatMap((setting) => {
      const [old, next] = [was.get(setting), now.get(setting)];
      if (old?.value === next?.value) return [];
      // A default of what only one of them has says nothing that the rest of it does not.
      if ((old === undefined && next?.isDefault) || (next === undefined && old?.isDefault))
        return [];
      const at = placeIn(disk.file, next?.line ?? null);
      return [{ setting, at, loaded: old?.shown ?? null, disk: next?.shown ?? null }];
    })
    .slice(0, MOST_DIFFERENT);
}

interface Compared {
  readonly value: string;
  /** Without secrets. */
  readonly shown: string;
  readonly line: number | null;
  readonly isDefault: boolean;
}

function bySetting(
  written: WrittenFile,
  secrets: readonly string[],
): ReadonlyMap<string, Compared> {
  const shown = settingsIn(written, secrets);
  return new Map(
    settingsIn(written, []).map(({ setting, value, line, isDefault }, at) => [
      setting,
      { value, shown: shown[at]?.value ?? '', line, isDefault },
    ]),
  );
}
