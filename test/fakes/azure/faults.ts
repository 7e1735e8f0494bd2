import type { HttpFault } from '../scripted-faults.js';

export type OwnFault =
  /** A refusal as the service words it. */
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A batch refuses these keys, with these codes. */
  | { readonly kind: 'refuse-keys'; readonly codes: Readonly<Record<string, string>> }
  /** A batch says nothing of this key. */
  | { readonly kind: 'omit-key'; readonly key: string }
  /** A listing begins at the beginning, whatever the marker. */
  | { readonly kind: 'ignore-marker' }
  /** The status of success, although nothing was done. */
  | { readonly kind: 'hollow' };

export type Fault = HttpFault | OwnFault;
