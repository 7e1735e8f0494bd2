import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FoundSecret } from './init-accounts.js';

/** Where a target takes its secrets from. */
export interface PlacedSecrets {
  /** Settings of the target that name the places. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Files beside the configuration that are to hold them. */
  readonly files: readonly { readonly name: string; readonly content: string }[];
}

export interface SecretsToPlace {
  readonly secrets: Readonly<Record<string, FoundSecret>>;
  readonly reference: Readonly<Record<string, string>> | undefined;
}

/**
 * No secret stands in the configuration itself. Where the program runs as this user, it is where it was found: in variables,
 * or an AWS profile. A service has neither: for it each is a file beside the configuration. Pure.
 */
export function placeSecrets(
  { secrets, reference }: SecretsToPlace,
  { target, forService }: { readonly target: string; readonly forService: boolean },
): PlacedSecrets {
  const found = Object.entries(secrets);
  if (!forService && reference !== undefined) return { settings: reference, files: [] };
  if (!forService && found.every(([, { variable }]) => variable !== undefined))
    return {
      settings: Object.fromEntries(found.map(([key, { variable }]) => [key, { env: variable }])),
      files: [],
    };
  return {
    settings: Object.fromEntries(found.map(([key]) => [key, { file: `./${target}.${key}` }])),
    files: found.map(([key, { value }]) => ({ name: `${target}.${key}`, content: `${value}\n` })),
  };
}

/**
 * Writes new files beside a configuration, for those alone who may read it. Rejects without leaving any behind when one of
 * them exists or cannot be written.
 */
export async function writeSecrets(
  configFile: string,
  files: PlacedSecrets['files'],
): Promise<readonly string[]> {
  const written: string[] = [];
  try {
    for (const { name, content } of files) {
      const path = join(dirname(configFile), name);
      await writeFile(path, content, { flag: 'wx', mode: 0o600 });
      written.push(path);
    }
    return written;
  } catch (error) {
    await removeFiles(written);
    throw error;
  }
}

export async function removeFiles(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { force: true })));
}

/** Owner, group and rights of the configuration, without those of others. */
export async function rightsOf(file: string) {
  const { mode, uid, gid } = await stat(file);
  return { mode: mode & 0o660, uid, gid };
}
