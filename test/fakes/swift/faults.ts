import type { HttpFault } from '../scripted-faults.js';

/** What goes wrong with one request to Swift alone. */
export type OwnFault =
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A listing takes no notice of its marker. */
  | { readonly kind: 'ignore-marker' }
  /** A bulk delete fails for these keys, with these statuses. */
  | { readonly kind: 'refuse-keys'; readonly keys: Readonly<Record<string, string>> }
  /** A bulk delete does nothing, and answers this. */
  | { readonly kind: 'say'; readonly answer: string }
  /** A bulk delete ends early: it counts fewer than it was given. */
  | { readonly kind: 'miscount' };

export type Fault = HttpFault | OwnFault;
