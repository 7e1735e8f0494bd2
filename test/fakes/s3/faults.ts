import { type HttpFault, type ScriptedFaults, scriptFaults } from '../scripted-faults.js';
import type { Operation } from './request.js';

/** What goes wrong with one request. */
export type Fault =
  | HttpFault
  /** An error document instead of the work. */
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Status 200, and the error document in the body. */
  | { readonly kind: 'inside'; readonly code: string }
  /** The answer says another ETag than it should. */
  | { readonly kind: 'wrong-etag' }
  /** The bytes of the answer are changed. */
  | { readonly kind: 'corrupt' }
  /** A listing says that there is more and gives the token that it was asked with. */
  | { readonly kind: 'repeat-token' }
  /** A batch delete fails for these keys. */
  | { readonly kind: 'refuse-keys'; readonly keys: Readonly<Record<string, string>> }
  /** A batch delete leaves these out: they stay, and the answer says nothing of them. */
  | { readonly kind: 'omit-keys'; readonly keys: readonly string[] };

export type Faults = ScriptedFaults<Operation, Fault>;

export const createFaults = (): Faults => scriptFaults();
