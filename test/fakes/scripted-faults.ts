import type { ServerResponse } from 'node:http';

/** What may go wrong with any request over HTTP. */
export type HttpFault =
  /** The connection is reset when this many bytes of the request's body have come; nothing is done. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** A bit of the request's body changes on its way: that of the byte at this place. */
  | { readonly kind: 'flip'; readonly at: number }
  /** The work is done, and the connection reset before the answer. */
  | { readonly kind: 'lose-answer' }
  /** The work is done, and answered after so long a silence. */
  | { readonly kind: 'late'; readonly afterMs: number }
  /** Nothing is ever answered, and nothing done. */
  | { readonly kind: 'stall' }
  /** The answer's headers and this many bytes of its body, then nothing more: the connection hangs or is reset. */
  | { readonly kind: 'stall-body' | 'truncate'; readonly afterBytes: number }
  /** The answer to a HEAD, or to a GET, has no Content-Length, as some proxies have it. */
  | { readonly kind: 'no-length' }
  /** The answer says another ETag than it should. */
  | { readonly kind: 'wrong-etag' }
  | ForeignAnswer;

/** Another web server answers: a captive portal, a proxy. With `done` the work is done as well, and only the answer is replaced. */
export interface ForeignAnswer {
  readonly kind: 'foreign';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly done?: boolean;
  readonly withoutLength?: boolean;
}

/** What a captive portal gives for every request. */
export const LOGIN_PAGE: ForeignAnswer = {
  kind: 'foreign',
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><form method="post"></form></body></html>\n',
};

/** 200 and nothing else. */
export const BARE_200: ForeignAnswer = { kind: 'foreign', status: 200, headers: {}, body: '' };

export function flipBit(body: Buffer, at: number): void {
  if (at >= body.byteLength)
    throw new RangeError(`a body of ${body.byteLength} bytes has no byte ${at} to be changed`);
  body[at]! ^= 1;
}

export function sendForeign(
  response: ServerResponse,
  { status, headers, body, withoutLength }: ForeignAnswer,
  isHead: boolean,
): void {
  response.writeHead(status, {
    ...headers,
    ...(!withoutLength && { 'content-length': String(Buffer.byteLength(body)) }),
  });
  response.end(isHead ? undefined : body);
}

/** Which of the coming requests meet which fault, as a test has written it down. */
export interface ScriptedFaults<Operation, Fault> {
  /** The next request of the operation meets the fault, `times` in a row. Undefined: it meets none. */
  next(operation: Operation, fault: Fault | undefined, times?: number): void;
  /** Every request of the operation, for a key that fits, meets this fault unless it meets another. Undefined: no longer. */
  always(operation: Operation, fault: Fault | undefined, fits?: (key: string) => boolean): void;
  /** How many have not happened yet. */
  readonly left: number;
  take(request: {
    readonly operation: Operation;
    readonly key: string | undefined;
  }): Fault | undefined;
  /** A fault that never happened means a test that is green for nothing. */
  assertUsedUp(): void;
}

export function scriptFaults<Operation, Fault>(): ScriptedFaults<Operation, Fault> {
  const lasting = new Map<
    Operation,
    { readonly fault: Fault; readonly fits: (key: string) => boolean }
  >();
  const waiting: { readonly operation: Operation; readonly fault: Fault | undefined }[] = [];
  return {
    next(operation, fault, times = 1) {
      for (let i = 0; i < times; i += 1) waiting.push({ operation, fault });
    },
    always(operation, fault, fits = () => true) {
      if (fault === undefined) lasting.delete(operation);
      else lasting.set(operation, { fault, fits });
    },
    take({ operation, key = '' }) {
      const at = waiting.findIndex((each) => each.operation === operation);
      if (at >= 0) return waiting.splice(at, 1)[0]?.fault;
      const always = lasting.get(operation);
      return always?.fits(key) ? always.fault : undefined;
    },
    get left() {
      return waiting.length;
    },
    assertUsedUp() {
      if (waiting.length > 0)
        throw new Error(`faults that never happened: ${JSON.stringify(waiting)}`);
    },
  };
}
