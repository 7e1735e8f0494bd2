import { printable } from '../../printable.js';
import type { Acts } from '../acts.js';
import type { Found, Why } from '../api.js';
import { ApiError, ask, order } from './api-client.js';
import type { Connection } from './connection.js';
import { decide, findHeld, openHeld } from './held-acts.js';
import type { FindHeld } from './held-names.js';
import { keepTheme, type Theme } from './kept.js';
import type { PauseWhat } from './pause-dialog.js';
import { after } from './platform.js';
import { report } from './report.js';
import { model, overlay } from './store.js';

/** What a person can do on the live page, and in its dialogs. */
export interface PageActs extends Acts {
  close(): void;
  pause(what: PauseWhat, untilMs: number): void;
  decide(decision: 'approve' | 'reject', typed: string): void;
  readonly findHeld: FindHeld;
}

export function createActs(connection: Connection): PageActs {
  const run = (work: () => Promise<string | undefined>) => void report(work);
  return {
    openHeld: (mirror) => run(() => openHeld(mirror, undefined)),
    openWhy: (mirror, name) => run(() => openWhy(mirror, name)),
    openPause: () => {
      overlay.value = { kind: 'pause' };
    },
    openKeys: () => {
      overlay.value = { kind: 'keys' };
    },
    close: () => {
      overlay.value = undefined;
    },
    reconcile: (mirror) =>
      run(async () => {
        await order('/reconcile', { mirror });
        return `${mirror} is compared with its container`;
      }),
    probe: (target) => run(() => probe(target)),
    retry: (mirror, name) =>
      run(async () => {
        await order('/retry', { mirror, name });
        return 'It is tried now';
      }),
    resume: () =>
      run(async () => {
        await order('/resume', {});
        await connection.refresh();
        return 'Resumed';
      }),
    pause: (what, untilMs) =>
      run(async () => {
        await order('/pause', { ...what, untilMs });
        overlay.value = undefined;
        await connection.refresh();
        return undefined;
      }),
    decide: (decision, typed) => run(() => decide(decision, typed, connection)),
    copy: (text) => run(() => copy(text)),
    toggleTheme,
    reconnect: () => connection.reconnect(),
    verify: (mirror, readBack) =>
      run(async () => {
        await order(`/mirrors/${encodeURIComponent(mirror)}/verify`, { readBack });
        return `${readBack} of ${printable(mirror)} is read back`;
      }),
    stopVerify: (mirror) =>
      run(async () => {
        await order(`/mirrors/${encodeURIComponent(mirror)}/verify/stop`, {});
        return undefined;
      }),
    testNotification: (name) => run(() => testNotification(name, connection)),
    reload: (digest, typed) => run(() => reload(digest, typed, connection)),
    findHeld,
    find,
    search: (path) => run(() => search(path.trim())),
  };
}

async function openWhy(mirror: string, name: string): Promise<undefined> {
  const query = `?mirror=${encodeURIComponent(mirror)}&name=${encodeURIComponent(name)}`;
  const why = (await ask(`/why${query}`)) as Why | undefined;
  overlay.value = { kind: 'why', mirror, name, why };
}

/** Names that are shown of a search at first, and milliseconds without a key before it begins. */
const FOUND = 12;
const TYPING_MS = 200;
let searches = 0;

async function find(words: string, from: string | undefined): Promise<Found | undefined> {
  searches += 1;
  const own = searches;
  await new Promise<void>((resolve) => void after(from === undefined ? TYPING_MS : 0, resolve));
  if (own !== searches || words === '') return undefined;
  const query = new URLSearchParams({ q: words, limit: String(FOUND) });
  if (from !== undefined) query.set('after', from);
  const found = (await ask(`/search?${query}`).catch(() => undefined)) as Found | undefined;
  return own === searches ? found : undefined;
}

/** Finds a path in all mirrors: the name of an object, or a path below a source. */
async function search(words: string): Promise<string | undefined> {
  if (words === '') return undefined;
  for (const { mirror } of model.value?.status.mirrors ?? []) {
    const query = `?mirror=${encodeURIComponent(mirror)}&name=${encodeURIComponent(words)}`;
    const why = (await ask(`/why${query}`)) as Why | undefined;
    if (why === undefined || why.steps.length === 0) continue;
    overlay.value = { kind: 'why', mirror, name: words, why };
    return undefined;
  }
  return 'No object or file has this name';
}

async function reload(
  digest: string,
  typed: string | undefined,
  connection: Connection,
): Promise<string> {
  try {
    const answer = await order('/reload', {
      digest,
      ...(typed !== undefined && { apply: true, typed }),
    });
    const { outcome } = answer as { readonly outcome: string };
    await connection.refresh();
    return outcome === 'announced' ? 'Nothing was changed: look at it again' : 'Loaded';
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) await connection.refresh();
    throw error;
  }
}

async function testNotification(name: string, connection: Connection): Promise<string> {
  const answer = await order(`/notifications/${encodeURIComponent(name)}/test`, {});
  const { ok, detail } = answer as { readonly ok: boolean; readonly detail: string };
  await connection.refresh();
  return `Test message to ${printable(name)}: ${ok ? '' : 'failed: '}${detail}`;
}

async function probe(target: string): Promise<string> {
  const answer = await order(`/targets/${encodeURIComponent(target)}/probe`, {});
  const { up, error = '' } = answer as { readonly up: boolean; readonly error?: string };
  return up ? `${target} answers` : `${target} does not answer${error === '' ? '' : `: ${error}`}`;
}

async function copy(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return 'Copied';
  } catch {
    return `Copy this: ${printable(text)}`;
  }
}

function toggleTheme(): void {
  const { dataset } = document.documentElement;
  const prefersDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const isDark = (dataset['theme'] ?? (prefersDark ? 'dark' : 'light')) === 'dark';
  const next: Theme = isDark ? 'light' : 'dark';
  dataset['theme'] = next;
  keepTheme(next);
}
