import type { HttpFault } from '../scripted-faults.js';

/** What B2 itself may answer instead of doing what it was asked to. */
export type OwnFault =
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A listing begins again at the first name, whatever was asked. */
  | { readonly kind: 'repeat-page' };

export type Fault = HttpFault | OwnFault;
