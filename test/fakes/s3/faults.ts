import type { FakeRequest, Operation } from './request.js';

/** What goes wrong with one request. */
export type Fault =
  /** An error document instead of the work. */
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string; readonly headers?: Readonly<Record<string, string>> }
  /** Status 200, and the error document in the body. */
  | { readonly kind: 'inside'; readonly code: string }
  /** The connection is reset when this many bytes of the request's body have come; nothing is done. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** The work is done, and the connection reset before the answer. */
  | { readonly kind: 'lose-answer' }
  /** Nothing is ever answered. */
  | { readonly kind: 'stall' }
  /** The answer's headers and this many bytes of its body, then nothing more. */
  | { readonly kind: 'stall-body'; readonly afterBytes: number }
  /** The answer is cut off after this many bytes of its body. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** The answer says another ETag than it should. */
  | { readonly kind: 'wrong-etag' }
  /** The bytes of the answer are changed. */
  | { readonly kind: 'corrupt' }
  /** A listing says that there is more and gives the token that it was asked with. */
  | { readonly kind: 'repeat-token' }
  /** A batch delete fails for these keys. */
  | { readonly kind: 'refuse-keys'; readonly keys: Readonly<Record<string, string>> };

export interface Faults {
  /** The next request of the operation meets the fault, `times` in a row. Undefined: it meets none. */
  next(operation: Operation, fault: Fault | undefined, times?: number): void;
  /** How many have not happened yet. */
  readonly left: number;
  take(request: Pick<FakeRequest, 'operation'>): Fault | undefined;
  /** A fault that never happened means a test that is green for nothing. */
  assertUsedUp(): void;
}

export function createFaults(): Faults {
  const waiting: { readonly operation: Operation; readonly fault: Fault | undefined }[] = [];
  return {
    next(operation, fault, times = 1) {
      for (let i = 0; i < times; i += 1) waiting.push({ operation, fault });
    },
    take({ operation }) {
      const at = waiting.findIndex((each) => each.operation === operation);
      return at < 0 ? undefined : waiting.splice(at, 1)[0]?.fault;
    },
    get left() {
      return waiting.length;
    },
    assertUsedUp() {
      if (waiting.length > 0) throw new Error(`faults that never happened: ${JSON.stringify(waiting)}`);
    },
  };
}
