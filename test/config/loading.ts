import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect } from 'vitest';
import type { Config } from '../../src/config/config.js';
import { ConfigError } from '../../src/config/config-error.js';
import { loadConfig } from '../../src/config/load.js';
import { temporaryFolder } from '../world/folder.js';
import { stubDrivers } from './stub-drivers.js';

/** A folder of its own for each test of the file. */
export const at = {} as { folder: string };

export function withConfigFolder(): void {
  beforeEach(() => {
    at.folder = temporaryFolder('config');
  });
}

export function load(text: string | Uint8Array, env: Record<string, string> = {}): Promise<Config> {
  const file = join(at.folder, 'longshore.yaml');
  writeFileSync(file, text);
  return loadConfig(file, { cwd: at.folder, env, drivers: stubDrivers });
}

/** The complaints about a file, without the folder that it is in. */
export async function complaints(
  text: string | Uint8Array,
  env: Record<string, string> = {},
): Promise<string[]> {
  const error = await load(text, env).then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as Error).message.replaceAll(`${at.folder}/`, '').split('\n');
}

export const TARGETS = `
targets:
  vault: { driver: local, root: ./containers }
`;
export const MIRROR = `
mirrors:
  - name: documents
    source: ./data
    target: vault
    container: documents
`;
