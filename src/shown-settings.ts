import { basename } from 'node:path';
import type { Clock } from './clock.js';
import type { Config } from './config/config.js';
import { secretsOfConfig } from './config/config-secrets.js';
import { configJsonSchema } from './config/json-schema.js';
import { readWritten, type WrittenFile } from './config/load.js';
import { patternLine } from './config/pattern-line.js';
import type { Secret } from './config/secret.js';
import { listSettings, type ShownSetting } from './config/settings-list.js';
import { builtinDrivers } from './drivers/registry/registry.js';
import type { PatternPlace } from './explained-object.js';
import type { Logger } from './log.js';
import type { ConfigAnswer } from './status/schema-config.js';

/** The settings in force, to be shown. */
export interface ShownSettings {
  read(): Promise<Pick<ConfigAnswer, 'file' | 'loadedAtMs' | 'settings'>>;
  /** What the file said when it was loaded; undefined: that is not known. */
  written(): Promise<WrittenFile | undefined>;
  readonly patternPlace: PatternPlace;
  /** Another configuration was loaded just now. */
  renew(): void;
}

interface Loaded {
  readonly config: Config;
  readonly loadedAtMs: number;
  readonly written: Promise<WrittenFile | undefined>;
}

/**
 * Reads the file of a configuration that was loaded just now once more, for what it says and where, so that later changes of
 * it do not count. One that is another file by then, cannot be read any more, or was stdin, has no settings to show.
 */
export function shownSettings(
  config: () => Config,
  { clock, log }: { readonly clock: Pick<Clock, 'now'>; readonly log: Pick<Logger, 'warn'> },
): ShownSettings {
  function load(): Loaded {
    const loaded = config();
    const { file, digest } = loaded;
    const written = readWritten(file)
      .then((found) => (digest === undefined || found.digest === digest ? found : undefined))
      .catch((error: unknown): WrittenFile | undefined => {
        log.warn('settings not shown', { file, error });
        return undefined;
      });
    return { config: loaded, loadedAtMs: clock.now(), written };
  }

  let now = load();
  return {
    async read() {
      const { config: loaded, loadedAtMs, written } = now;
      return { file: loaded.file, loadedAtMs, settings: settingsOf(await written, loaded) };
    },
    written: () => now.written,
    async patternPlace(mirror, setting, index) {
      const written = await now.written;
      const line = written && patternLine(written, mirror, setting, index);
      return line === undefined ? undefined : placeIn(now.config.file, line);
    },
    renew() {
      now = load();
    },
  };
}

function settingsOf(written: WrittenFile | undefined, config: Config): ConfigAnswer['settings'] {
  if (written === undefined) return [];
  return settingsIn(written, literalSecrets(config)).map(({ setting, value, line, isDefault }) => ({
    setting,
    value,
    at: placeIn(config.file, line),
    isDefault,
  }));
}

/** `longshore.yaml:14`; null: there is no line. */
export function placeIn(file: string, line: number): string;
export function placeIn(file: string, line: number | null): string | null;
export function placeIn(file: string, line: number | null): string | null {
  return line === null ? null : `${basename(file)}:${line}`;
}

/** What a file says, and the defaults of what it does not say. `secrets`: texts that are not to be shown. */
export function settingsIn(
  written: WrittenFile,
  secrets: readonly string[],
): readonly ShownSetting[] {
  return listSettings({ ...written, schema: configJsonSchema(builtinDrivers), secrets });
}

/** The texts of the secrets that the file itself holds. */
export function literalSecrets(config: Config): readonly string[] {
  return secretsOfConfig(config).flatMap(({ secret }) => literalOf(secret));
}

function literalOf(secret: Secret): readonly string[] {
  if (!secret.literal) return [];
  try {
    return [secret.reveal()];
  } catch {
    return []; // it is no sound secret, and nothing works with it
  }
}
