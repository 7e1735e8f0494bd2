import { type HttpFault, type ScriptedFaults, scriptFaults } from '../scripted-faults.js';
import type { Operation } from './request.js';

/** What goes wrong with one request. */
export type Fault =
  | HttpFault
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The answer says another ETag than it should. */
  | { readonly kind: 'wrong-etag' }
  /** A listing takes no notice of its marker. */
  | { readonly kind: 'ignore-marker' }
  /** A bulk delete fails for these keys, with these statuses. */
  | { readonly kind: 'refuse-keys'; readonly keys: Readonly<Record<string, string>> }
  /** A bulk delete does nothing, and answers this. */
  | { readonly kind: 'say'; readonly answer: string }
  /** A bulk delete ends early: it counts fewer than it was given. */
  | { readonly kind: 'miscount' };

export type Faults = ScriptedFaults<Operation, Fault>;

export const createFaults = (): Faults => scriptFaults();
