import { printable } from '../../printable.js';
import type { HeldChanges, HeldObjects, MirrorDetail } from '../api.js';
import { SHOWN_OF_FOLDER } from '../held-tree.js';
import { ApiError, ask, order } from './api-client.js';
import type { Connection } from './connection.js';
import type { FindHeld } from './held-names.js';
import { after } from './platform.js';
import { report } from './report.js';
import { overlay } from './store.js';

/** `changedFrom`: the list that was shown before, so that the dialog says when it is another one now. */
export async function openHeld(
  mirror: string,
  changedFrom: string | undefined,
): Promise<string | undefined> {
  const query = `?mirror=${encodeURIComponent(mirror)}`;
  const [held, listed, detail] = await Promise.all([
    ask(`/held${query}`) as Promise<HeldChanges | undefined>,
    ask(`/held/objects${query}&order=risk`) as Promise<HeldObjects | undefined>,
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

let refreshing: Promise<void> | undefined;
let isStale = false;

/**
 * The list of an open dialog may be another one by now: it is fetched again, and what was typed for the old one is discarded. Several
 * events of one change fetch it once, or once more when they come meanwhile.
 */
export async function refreshHeld(mirror: string): Promise<void> {
  if (overlay.value?.kind !== 'held' || overlay.value.mirror !== mirror) return;
  isStale = true;
  refreshing ??= refresh().finally(() => {
    refreshing = undefined;
  });
  await refreshing;
}

async function refresh(): Promise<void> {
  while (isStale) {
    isStale = false;
    const shown = overlay.value;
    if (shown?.kind === 'held') await report(() => openHeld(shown.mirror, shown.held.id));
  }
}

/** Milliseconds without a key before a search begins. */
const TYPING_MS = 200;
let finds = 0;

/** See FindHeld. A part of a name is looked for once nothing more was typed for a moment. */
export const findHeld: FindHeld = async (mirror, wanted) => {
  const query = new URLSearchParams({ mirror, limit: String(SHOWN_OF_FOLDER), ...wanted });
  if ('q' in wanted) {
    finds += 1;
    const own = finds;
    await new Promise<void>((resolve) => void after(TYPING_MS, resolve));
    if (own !== finds) return undefined;
  }
  return ask(`/held/objects?${query}`).catch(() => undefined) as Promise<HeldObjects | undefined>;
};

/** Sends a decision about exactly what is shown. When that is another list by now, the new one is shown. */
export async function decide(
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
