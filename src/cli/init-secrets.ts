import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from './exit.js';
import type { FoundAccount } from './init-account.js';

/** Where a target takes its secrets from. */
export interface PlacedSecrets {
  /** Settings of the target that name the places. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Files beside the configuration that are to hold them. */
  readonly files: readonly { readonly name: string; readonly content: string }[];
}

export type SecretsToPlace = Pick<
  FoundAccount,
  'label' | 'secrets' | 'files' | 'reference' | 'isPersonal'
>;

/**
 * No secret stands in the configuration itself. Where the program runs as this user, it is where it was found: in variables,
 * files, or an AWS profile. A service has none of these: for it each is a file beside the configuration. Pure.
 * @throws UsageError when a service is to use what is this user's alone
 */
export function placeSecrets(
  { label, secrets, files = {}, reference, isPersonal }: SecretsToPlace,
  { target, forService }: { readonly target: string; readonly forService: boolean },
): PlacedSecrets {
  if (forService && isPersonal)
    throw new UsageError(
      `${label}: the service runs as a user of its own, who has no part in that; give it keys or a credentials file, or run longshore as yourself, with a configuration outside of /etc`,
    );
  const found = Object.entries(secrets);
  if (!forService && reference !== undefined) return { settings: reference, files: [] };
  if (!forService && found.every(([, { variable }]) => variable !== undefined))
    return {
      settings: {
        ...Object.fromEntries(found.map(([key, { variable }]) => [key, { env: variable }])),
        ...Object.fromEntries(Object.entries(files).map(([key, { path }]) => [key, path])),
      },
      files: [],
    };
  const beside = (key: string) => `${target}.${key}`;
  return {
    settings: {
      ...Object.fromEntries(found.map(([key]) => [key, { file: `./${beside(key)}` }])),
      ...Object.fromEntries(
        Object.entries(files).map(([key, { path }]) => [
          key,
          forService ? `./${beside(key)}` : path,
        ]),
      ),
    },
    files: [
      ...found.map(([key, { value }]) => ({ name: beside(key), content: `${value}\n` })),
      ...Object.entries(forService ? files : {}).map(([key, { content }]) => ({
        name: beside(key),
        content,
      })),
    ],
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
