/** What may go wrong with any request over HTTP. */
export type HttpFault =
  /** The connection is reset when this many bytes of the request's body have come; nothing is done. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** The work is done, and the connection reset before the answer. */
  | { readonly kind: 'lose-answer' }
  /** The work is done, and answered after so long a silence. */
  | { readonly kind: 'late'; readonly afterMs: number }
  /** Nothing is ever answered, and nothing done. */
  | { readonly kind: 'stall' }
  /** The answer's headers and this many bytes of its body, then nothing more: for ever, or because the connection is reset. */
  | { readonly kind: 'stall-body' | 'truncate'; readonly afterBytes: number };

/** Which of the coming requests meet which fault, as a test has written it down. */
export interface ScriptedFaults<Operation, Fault> {
  /** The next request of the operation meets the fault, `times` in a row. Undefined: it meets none. */
  next(operation: Operation, fault: Fault | undefined, times?: number): void;
  /** How many have not happened yet. */
  readonly left: number;
  take(request: { readonly operation: Operation }): Fault | undefined;
  /** A fault that never happened means a test that is green for nothing. */
  assertUsedUp(): void;
}

export function scriptFaults<Operation, Fault>(): ScriptedFaults<Operation, Fault> {
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
