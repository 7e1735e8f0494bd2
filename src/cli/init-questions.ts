import { parseListenAddress } from '../config/listen-address.js';
import { createHttpClient } from '../drivers/http/http-client.js';
import { statPathIfAny } from '../file-stat.js';
import type { FoundAccount } from './init-accounts.js';
import {
  type Answers,
  type Destination,
  destinationAt,
  folderOf,
  placeIn,
} from './init-answers.js';
import type { Prompt } from './prompt.js';

/** What the questions of `init` need to know. */
export interface QuestionContext {
  readonly prompt: Prompt;
  readonly cwd: string;
  readonly home: string | undefined;
  readonly accounts: readonly FoundAccount[];
}

/** What the command line has already said. */
export type Given = Partial<Answers>;

const PAGE = '127.0.0.1:7460';

/** Asks for what was not given. Rejects with QuestionsAbandonedError. */
export async function askForMissing(given: Given, context: QuestionContext): Promise<Answers> {
  const { prompt } = context;
  const source = given.source ?? (await askSource(context));
  const destination = given.destination ?? (await askDestination(context));
  const deletes =
    given.deletes ??
    ((await isYes(prompt, 'Keep the objects of deleted files for 30 days, in a trash?'))
      ? 'trash'
      : 'mirror');
  const page = given.page ?? (await askPage(prompt));
  return { source, destination, deletes, page };
}

/** Yes is what an empty answer means. */
export async function isYes(prompt: Prompt, question: string): Promise<boolean> {
  const answer = await askUntil(prompt, `${question} [Y/n] `, (text) =>
    /^(?:y|yes|n|no|)$/i.test(text) ? text.toLowerCase() : new Error('Please answer y or n.'),
  );
  return !answer.startsWith('n');
}

function askSource({ prompt, cwd, home }: QuestionContext): Promise<string> {
  return askUntil(prompt, 'Folder to mirror: ', (text) => {
    if (text === '') return new Error('For example ~/Documents.');
    const path = folderOf(text, { cwd, home });
    return isFolder(path) ? path : new Error(`There is no folder ${path}.`);
  });
}

function isFolder(path: string): boolean {
  try {
    return statPathIfAny(path)?.isDirectory() === true;
  } catch {
    return false; // not readable, or below a file
  }
}

async function askDestination(context: QuestionContext): Promise<Destination> {
  const { prompt, accounts, cwd, home } = context;
  const answering = await Promise.all(accounts.map(({ endpoint }) => answers(endpoint)));
  const choices = [
    'a folder: another disk, or a mounted share',
    ...accounts.map(({ label }, i) => `${label}${answering[i] ?? ''}`),
    'another service that speaks S3',
    'another account of OpenStack Swift',
  ];
  prompt.line('Where are the copies to be kept?');
  for (const [i, choice] of choices.entries()) prompt.line(`  ${i + 1}  ${choice}`);
  const chosen = await askUntil(prompt, 'Number: ', (text) => {
    const number = Number(text);
    return Number.isInteger(number) && number >= 1 && number <= choices.length
      ? number
      : new Error(`A number from 1 to ${choices.length}.`);
  });
  if (chosen === 1) {
    const path = await askUntil(prompt, 'Folder for the copies: ', (text) =>
      text === '' ? new Error('For example /mnt/disk/mirror.') : folderOf(text, { cwd, home }),
    );
    return { kind: 'folder', path };
  }
  const account =
    accounts[chosen - 2] ?? (await askAccount(prompt, chosen === choices.length ? 'swift' : 's3'));
  const place = await askUntil(
    prompt,
    `${account.driver === 'swift' ? 'Container' : 'Bucket'}, and a folder in it if you like (backups/laptop): `,
    (text) => (text === '' ? new Error('For example backups/laptop.') : placeIn(text)),
  );
  return destinationAt(account, place);
}

/** Whether a service answers at its endpoint, whatever it says; nothing for AWS. */
async function answers(endpoint: string | undefined): Promise<string> {
  if (endpoint === undefined) return '';
  const client = createHttpClient({ connections: 1, connectTimeoutMs: 1000, timeoutMs: 3000 });
  try {
    const { origin } = new URL(endpoint);
    await client.request({ method: 'GET', origin, path: '/', headers: {}, signal: NEVER });
    return ', which answers';
  } catch {
    return ', which does not answer';
  } finally {
    await client.close();
  }
}

const NEVER = new AbortController().signal;

const URL_TEXT = 'Address of its service, such as https://s3.example.com:9000: ';

async function askAccount(prompt: Prompt, driver: 's3' | 'swift'): Promise<FoundAccount> {
  const isS3 = driver === 's3';
  const endpoint = await askUntil(
    prompt,
    isS3 ? URL_TEXT : 'Address where tokens come from, such as https://keystone:5000/v3: ',
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      return url !== undefined && /^https?:$/.test(url.protocol) && (!isS3 || url.pathname === '/')
        ? text.replace(/\/$/, '')
        : new Error('A URL that begins with https:// or http://.');
    },
  );
  const key = await askUntil(prompt, isS3 ? 'Access key id: ' : 'User: ', needed);
  const secret = await askUntil(prompt, isS3 ? 'Secret access key: ' : 'Password: ', needed, true);
  const project = isS3 ? '' : await prompt.ask('Project (empty: none): ');
  const typed = (value: string) => ({ value, variable: undefined });
  return {
    id: driver,
    label: endpoint,
    driver,
    endpoint,
    settings: isS3 ? {} : { auth_url: endpoint, key, ...(project !== '' && { project }) },
    secrets: { ...(isS3 && { key: typed(key) }), secret: typed(secret) },
    reference: undefined,
  };
}

function needed(text: string): string | Error {
  return text === '' ? new Error('It is needed.') : text;
}

/** `off` for none. */
async function askPage(prompt: Prompt): Promise<string> {
  return askUntil(prompt, `Status page for your browser, at [${PAGE}], or "no": `, (text) => {
    if (/^(?:n|no|off)$/i.test(text)) return 'off';
    const address = text === '' || /^y(es)?$/i.test(text) ? PAGE : text;
    return parseListenAddress(address) === undefined
      ? new Error(`An address of this machine such as ${PAGE}, or no.`)
      : address;
  });
}

/** Asks again, with the reason, until the answer is one. */
async function askUntil<Answer>(
  prompt: Prompt,
  question: string,
  read: (text: string) => Answer | Error,
  isHidden = false,
): Promise<Answer> {
  for (;;) {
    const text = isHidden ? await prompt.askHidden(question) : await prompt.ask(question);
    const answer = read(text);
    if (!(answer instanceof Error)) return answer;
    prompt.line(answer.message);
  }
}
