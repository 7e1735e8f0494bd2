import type { Profile } from '../drivers/s3/credentials/shared-files.js';
import { type Environment, type FoundAccount, hasKeys, secretsOf } from './init-account.js';
import { azureVariables } from './init-azure-account.js';
import { googleAccounts, type ReadText } from './init-google-account.js';
import { awsProfile, awsVariables, clientHosts, minioVariables } from './init-s3-accounts.js';
import { swiftVariables } from './init-swift-account.js';

/**
 * The accounts that the environment, the shared AWS files and Google's credentials name, the most particular first: keys in
 * variables, MinIO and its client, Swift, Azure, Google, Backblaze B2, then the profiles. Pure but for `readText`. `profiles`:
 * those of the AWS files, by name.
 */
export function findAccounts(
  env: Environment,
  profiles: ReadonlyMap<string, Profile>,
  readText: ReadText,
): readonly FoundAccount[] {
  return [
    ...awsVariables(env),
    ...minioVariables(env),
    ...clientHosts(env),
    ...swiftVariables(env),
    ...azureVariables(env),
    ...googleAccounts(env, readText),
    ...b2Variables(env),
    ...chosenFirst(env, [...profiles]).flatMap(([name, profile]) => awsProfile(name, profile, env)),
  ];
}

/** The profile that the AWS tools take comes before the others. */
function chosenFirst<T>(
  env: Environment,
  profiles: readonly (readonly [name: string, profile: T])[],
): readonly (readonly [name: string, profile: T])[] {
  const chosen = env['AWS_PROFILE'] || env['AWS_DEFAULT_PROFILE'] || 'default';
  const isChosen = ([name]: readonly [string, T]) => name === chosen;
  return [...profiles.filter(isChosen), ...profiles.filter((each) => !isChosen(each))];
}

/** Those of Backblaze's own command, `b2`. */
function b2Variables(env: Environment): readonly FoundAccount[] {
  const secrets = secretsOf(env, {
    key: ['B2_APPLICATION_KEY_ID'],
    secret: ['B2_APPLICATION_KEY'],
  });
  if (!hasKeys(secrets)) return [];
  const label = 'Backblaze B2, with the keys of B2_APPLICATION_KEY_ID';
  const driver = 'backblaze_b2';
  return [
    { id: 'b2', label, driver, endpoint: undefined, settings: {}, secrets, reference: undefined },
  ];
}
