import type { HttpFault } from '../scripted-faults.js';

/** What goes wrong with one request to S3 alone. */
export type OwnFault =
  /** An error document instead of the work. */
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Status 200, and the error document in the body. */
  | { readonly kind: 'inside'; readonly code: string }
  /** The bytes of the answer are changed. */
  | { readonly kind: 'corrupt' }
  /** A listing says that there is more and gives the token that it was asked with. */
  | { readonly kind: 'repeat-token' }
  /** A batch delete fails for these keys. */
  | { readonly kind: 'refuse-keys'; readonly keys: Readonly<Record<string, string>> }
  /** A batch delete leaves these out: they stay, and the answer says nothing of them. */
  | { readonly kind: 'omit-keys'; readonly keys: readonly string[] };

export type Fault = HttpFault | OwnFault;
