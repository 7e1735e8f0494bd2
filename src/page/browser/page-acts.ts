import { printable } from '../../printable.js';
import type { Acts } from '../acts.js';
import type { Found, HeldChanges, HeldObjects, MirrorDetail, Why } from '../api.js';
import { ApiError, ask, order } from './api-client.js';
import type { Connection } from './connection.js';
import { keepTheme, type Theme } from './kept.js';
import type { PauseWhat } from './pause-dialog.js';
import { after } from './platform.js';
import { model, overlay, say } from './store.js';

/** What a person can do on the live page, and in its dialogs. */
export interface PageActs extends Acts {
  close(): void;
  pause(what: PauseWhat, untilMs: number): void;
  decide(decision: 'approve' | 'reject', typed: string): void;
}

/** An order fails in words: what the daemon says is shown. */
async function report(work: () => Promise<string | undefined>): Promise<void> {
  try {
    const done = await work();
    if (done !== undefined) say(done);
  } catch (error) {
    say(error instanceof ApiError ? error.message : 'longshore does not answer: nothing was done');
  }
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
    find,
    search: (path) => run(() => search(path.trim())),
  };
}

/** `changedFrom`: the list that was shown before, so that the dialog says when it is another one now. */
async function openHeld(
  mirror: string,
  changedFrom: string | undefined,
): Promise<string | undefined> {
  const query = `?mirror=${encodeURIComponent(mirror)}`;
  const [held, listed, detail] = await Promise.all([
    ask(`/held${query}`) as Promise<HeldChanges | undefined>,
    ask(`/held/objects${query}`) as Promise<HeldObjects | undefined>,
    ask(`/mirrors/${encodeURIComponent(mirror)}`) as Promise<MirrorDetail | undefined>,
  ]);
  if (held === undefined || held.id === '') {
    overlay.value = undefined;
    return `Nothing of ${mirror} is held`;
  }
  overlay.value = {
    kind: 'held',
    mirror,
    held,
    listed: listed ?? { objects: [], more: false },
    deletes: detail?.deletes,
    changed: changedFrom !== undefined && changedFrom !== held.id,
  };
  return undefined;
}

/** The list of an open dialog may be another one by now: it is fetched again, and what was typed for the old one is discarded. */
export async function refreshHeld(mirror: string): Promise<void> {
  const shown = overlay.value;
  if (shown?.kind !== 'held' || shown.mirror !== mirror) return;
  await report(() => openHeld(mirror, shown.held.id));
}

async function decide(
  decision: 'approve' | 'reject',
  typed: string,
  connection: Connection,
): Promise<string | undefined> {
  const shown = overlay.value;
  if (shown?.kind !== 'held') return undefined;
  const { mirror, held } = shown;
  const confirm = held.confirm?.[decision] ?? '';
  try {
    await order(`/${decision}`, { mirror, id: held.id, confirm, typed });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
    await openHeld(mirror, held.id);
    return error.message;
  }
  overlay.value = undefined;
  await connection.refresh();
  return decision === 'approve'
    ? 'Approved: the changes are made now'
    : `Rejected: the objects stay. Undo: longshore reject ${printable(mirror)} --undo`;
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
