import { basename } from 'node:path';
import type { Clock } from './clock.js';
import type { Config } from './config/config.js';
import { secretsOfConfig } from './config/config-secrets.js';
import { configJsonSchema } from './config/json-schema.js';
import { readWritten, type WrittenFile } from './config/load.js';
import type { Secret } from './config/secret.js';
import { listSettings } from './config/settings-list.js';
import { builtinDrivers } from './drivers/registry/registry.js';
import type { Logger } from './log.js';
import type { ConfigAnswer } from './status/schema-config.js';

/** The settings in force, to be shown. */
export interface ShownSettings {
  read(): Promise<ConfigAnswer>;
  /** Another configuration was loaded just now. */
  renew(): void;
}

/**
 * Reads the file of a configuration that was loaded just now once more, for what it says and where, so that later changes of
 * it do not count. One that cannot be read any more, or was stdin, has no settings to show.
 */
export function shownSettings(
  config: () => Config,
  { clock, log }: { readonly clock: Pick<Clock, 'now'>; readonly log: Pick<Logger, 'warn'> },
): ShownSettings {
  function open(loaded: Config): ShownSettings['read'] {
    const { file } = loaded;
    const loadedAtMs = clock.now();
    const written = readWritten(file).catch((error: unknown): WrittenFile | undefined => {
      log.warn('settings not shown', { file, error });
      return undefined;
    });
    return async () => ({ file, loadedAtMs, settings: settingsOf(await written, loaded) });
  }

  let shown = open(config());
  return {
    read: () => shown(),
    renew() {
      shown = open(config());
    },
  };
}

function settingsOf(written: WrittenFile | undefined, config: Config): ConfigAnswer['settings'] {
  if (written === undefined) return [];
  const secrets = secretsOfConfig(config).flatMap(({ secret }) => literalOf(secret));
  const schema = configJsonSchema(builtinDrivers);
  const name = basename(config.file);
  return listSettings({ ...written, schema, secrets }).map(
    ({ setting, value, line, isDefault }) => ({
      setting,
      value,
      at: line === null ? null : `${name}:${line}`,
      isDefault,
    }),
  );
}

/** The text of a secret that the file itself holds. */
function literalOf(secret: Secret): readonly string[] {
  if (!secret.literal) return [];
  try {
    return [secret.reveal()];
  } catch {
    return []; // it is no sound secret, and nothing works with it
  }
}
