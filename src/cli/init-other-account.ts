import { readFileSync } from 'node:fs';
import { type AccountDriver, type FoundAccount, part } from './init-account.js';
import { folderOf } from './init-answers.js';
import { readCredentials } from './init-google-account.js';
import { askUntil, type Prompt } from './prompt.js';

/** An account that was not found, and is asked for. */
interface OtherAccount {
  /** What a person chooses. */
  readonly choice: string;
  readonly ask: (context: AskContext) => Promise<FoundAccount>;
}

interface AskContext {
  readonly prompt: Prompt;
  readonly cwd: string;
  readonly home: string | undefined;
}

const URL_TEXT = 'Address of its service, such as https://s3.example.com:9000: ';

export const OTHER_ACCOUNTS: readonly OtherAccount[] = [
  { choice: 'another service that speaks S3', ask: askS3 },
  { choice: 'another account of OpenStack Swift', ask: askSwift },
  { choice: 'another account of Azure Blob Storage', ask: askAzure },
  { choice: 'another account of Google Cloud Storage', ask: askGoogle },
  { choice: 'another account of Backblaze B2', ask: askB2 },
];

/** Asks for what gives access to an account. Rejects with QuestionsAbandonedError. */
export function askAccount(
  other: OtherAccount | undefined,
  context: AskContext,
): Promise<FoundAccount> {
  if (other === undefined) throw new RangeError('this is no choice');
  return other.ask(context);
}

async function askS3({ prompt }: AskContext): Promise<FoundAccount> {
  const endpoint = await askUrl(prompt, URL_TEXT, true);
  const key = part(await askUntil(prompt, 'Access key id: ', needed));
  const secret = part(await askUntil(prompt, 'Secret access key: ', needed, true));
  return { ...account('s3', endpoint), settings: {}, secrets: { key, secret } };
}

async function askSwift({ prompt }: AskContext): Promise<FoundAccount> {
  const text = 'Address where tokens come from, such as https://keystone:5000/v3: ';
  const auth_url = await askUrl(prompt, text, false);
  const key = await askUntil(prompt, 'User: ', needed);
  const secret = part(await askUntil(prompt, 'Password: ', needed, true));
  const project = await prompt.ask('Project (empty: none): ');
  const settings = { auth_url, key, ...(project !== '' && { project }) };
  return { ...account('swift', auth_url), settings, secrets: { secret } };
}

async function askAzure({ prompt }: AskContext): Promise<FoundAccount> {
  const key = await askUntil(prompt, 'Storage account: ', (text) =>
    /^[a-z0-9-]{3,64}$/.test(text) ? text : new Error('Its name, such as mybackups.'),
  );
  const text = await askUntil(prompt, 'Its key, or a shared access signature: ', needed, true);
  const secrets = /(?:^|[?&])sig=/.test(text)
    ? { sas: part(text.replace(/^.*\?/, '')) }
    : { secret: part(text) };
  return { ...account('azure_blobs', undefined), settings: { key }, secrets };
}

async function askGoogle({ prompt, cwd, home }: AskContext): Promise<FoundAccount> {
  const file = await askUntil(prompt, 'File with the key of a service account: ', (text) =>
    text === ''
      ? new Error('For example ~/mirror-key.json.')
      : fileAt(folderOf(text, { cwd, home })),
  );
  const asked = file.project === undefined ? await prompt.ask('Project (empty: none): ') : '';
  const project = file.project ?? (asked || undefined);
  const { path, content } = file;
  return {
    ...account('google_storage', undefined),
    settings: project === undefined ? {} : { project },
    secrets: {},
    files: { credentials_file: { path, content } },
  };
}

async function askB2({ prompt }: AskContext): Promise<FoundAccount> {
  const key = part(await askUntil(prompt, 'Id of the application key: ', needed));
  const secret = part(await askUntil(prompt, 'Application key: ', needed, true));
  return { ...account('backblaze_b2', undefined), settings: {}, secrets: { key, secret } };
}

function account(driver: AccountDriver, endpoint: string | undefined) {
  return { id: driver, label: endpoint ?? driver, driver, endpoint, reference: undefined };
}

/** A service of S3 has no path in its address. */
function askUrl(prompt: Prompt, question: string, isBare: boolean): Promise<string> {
  return askUntil(prompt, question, (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url !== undefined && /^https?:$/.test(url.protocol) && (!isBare || url.pathname === '/')
      ? text.replace(/\/$/, '')
      : new Error('A URL that begins with https:// or http://.');
  });
}

function fileAt(path: string) {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    return new Error(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  const found = readCredentials(content);
  return found === undefined
    ? new Error(`${path} has no credentials of Google in JSON.`)
    : { path, content, project: found.project };
}

function needed(text: string): string | Error {
  return text === '' ? new Error('It is needed.') : text;
}
