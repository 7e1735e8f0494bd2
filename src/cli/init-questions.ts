import { parseListenAddress } from '../config/listen-address.js';
import { createHttpClient } from '../drivers/http/http-client.js';
import { statPathIfAny } from '../file-stat.js';
import type { FoundAccount } from './init-account.js';
import {
  type Answers,
  type Destination,
  destinationAt,
  folderOf,
  placeIn,
} from './init-answers.js';
import { askAccount, OTHER_ACCOUNTS } from './init-other-account.js';
import { askUntil, type Prompt } from './prompt.js';

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
/** The others call it a bucket. */
const HAS_CONTAINERS: ReadonlySet<string> = new Set(['swift', 'azure_blobs']);

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
    ...OTHER_ACCOUNTS.map(({ choice }) => choice),
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
    accounts[chosen - 2] ??
    (await askAccount(OTHER_ACCOUNTS[chosen - 2 - accounts.length], context));
  const place = await askUntil(
    prompt,
    `${HAS_CONTAINERS.has(account.driver) ? 'Container' : 'Bucket'}, and a folder in it if you like (backups/laptop): `,
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
