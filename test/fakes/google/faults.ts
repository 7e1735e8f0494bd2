import type { HttpFault } from '../scripted-faults.js';

/** What goes wrong with one request to Google Cloud Storage alone. */
export type OwnFault =
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly reason: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** An upload that can be resumed keeps so many of the bytes that came, and is answered with this status. */
  | { readonly kind: 'keep-then-refuse'; readonly bytes: number; readonly status: number }
  /** A batch refuses these keys. */
  | { readonly kind: 'refuse-keys'; readonly keys: readonly string[] }
  /** A batch leaves the answer for this key out. */
  | { readonly kind: 'omit-key'; readonly key: string }
  /** A listing gives the same page again. */
  | { readonly kind: 'repeat-page' }
  /** The status of success, although nothing was done. */
  | { readonly kind: 'hollow' };

export type Fault = HttpFault | OwnFault;
