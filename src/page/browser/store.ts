import type { HeldChanges, HeldObjects, MirrorDetail, Why } from '../api.js';
import type { PageModel } from '../model.js';
import { after } from './platform.js';
import { signal } from './signals.js';

/** What lies over the page. */
export type Overlay =
  | {
      readonly kind: 'held';
      readonly mirror: string;
      readonly held: HeldChanges;
      readonly listed: HeldObjects;
      /** What becomes of deleted objects; undefined: that is not known. */
      readonly deletes: MirrorDetail['deletes'] | undefined;
      /** The list is another one than when the dialog was opened. */
      readonly changed: boolean;
    }
  | {
      readonly kind: 'why';
      readonly mirror: string;
      readonly name: string;
      readonly why: Why | undefined;
    }
  | { readonly kind: 'pause' }
  | { readonly kind: 'keys' };

export type HeldOverlay = Extract<Overlay, { kind: 'held' }>;

/** What is shown; undefined: nothing is known yet, and the server's page stands. */
export const model = signal<PageModel | undefined>(undefined);
export const overlay = signal<Overlay | undefined>(undefined);
/** A word about what was just done, for some seconds. */
export const toast = signal('');

const SAID_MS = 5_000;
let cancel = () => {};

/** Shows a word about what was just done, for some seconds. */
export function say(text: string): void {
  cancel();
  toast.value = text;
  cancel = after(SAID_MS, () => {
    toast.value = '';
  });
}
