import { isAbsolute, join } from 'node:path';
import { type Environment, type FoundAccount, first, urlOf } from './init-account.js';

/** The content of a text file; undefined: there is none, or it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** What there is to see in a file with credentials of Google. */
interface CredentialsFile {
  /** For people. */
  readonly whose: string;
  readonly project: string | undefined;
}

/**
 * An emulator by its variable; else the credentials of GOOGLE_APPLICATION_CREDENTIALS, or of
 * `gcloud auth application-default login`: https://cloud.google.com/docs/authentication/application-default-credentials
 */
export function googleAccounts(env: Environment, readText: ReadText): readonly FoundAccount[] {
  const project = env[first(env, 'GOOGLE_CLOUD_PROJECT', 'CLOUDSDK_CORE_PROJECT') ?? ''];
  const emulator = urlOf(env['STORAGE_EMULATOR_HOST'] || undefined);
  if (emulator !== undefined)
    return [
      {
        id: 'google',
        label: `an emulator of Google Cloud Storage at ${emulator} (STORAGE_EMULATOR_HOST)`,
        driver: 'google_storage',
        endpoint: emulator,
        settings: { auth: 'anonymous', project: project ?? 'test' },
        secrets: {},
        reference: undefined,
      },
    ];
  const [path, from] = credentialsPath(env);
  const content = path === undefined ? undefined : readText(path);
  const file = content === undefined ? undefined : readCredentials(content);
  if (path === undefined || content === undefined || file === undefined) return [];
  const named = project ?? file.project;
  return [
    {
      id: 'google',
      label: `Google Cloud Storage, as ${file.whose} (${from})`,
      driver: 'google_storage',
      endpoint: undefined,
      settings: named === undefined ? {} : { project: named },
      secrets: {},
      files: { credentials_file: { path, content } },
      reference: undefined,
    },
  ];
}

function credentialsPath(env: Environment): readonly [path: string | undefined, from: string] {
  const variable = 'GOOGLE_APPLICATION_CREDENTIALS';
  const named = env[variable] || undefined;
  if (named !== undefined) return [isAbsolute(named) ? named : undefined, variable];
  const folder = env['CLOUDSDK_CONFIG'] || (env['HOME'] && join(env['HOME'], '.config', 'gcloud'));
  const path = folder ? join(folder, 'application_default_credentials.json') : undefined;
  return [path, 'gcloud auth application-default login'];
}

/** Undefined: the text is none that the driver takes. */
export function readCredentials(text: string): CredentialsFile | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { type, client_email, project_id, quota_project_id } = Object(document);
  const project = [project_id, quota_project_id].find((each) => typeof each === 'string');
  switch (type) {
    case 'service_account':
      return { whose: String(client_email), project };
    case 'authorized_user':
      return { whose: 'the user of gcloud', project };
    case 'external_account':
      return { whose: 'a workload identity', project };
    case 'impersonated_service_account':
      return { whose: 'an impersonated service account', project };
    default:
      return undefined;
  }
}
