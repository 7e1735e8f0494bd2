import type { Failure } from './failure.js';
import { type Ask, DROPPED, OPEN, type Operations, type Reply, TAKEN } from './protocol.js';

/** A request as the worker holds it: to be answered once. */
export interface Ticket {
  /** False when the caller was aborted: then nothing may change, and no answer is expected. */
  take(): boolean;
  readonly dropped: boolean;
  answer(value: unknown, transfer?: ArrayBuffer): void;
  fail(failure: Failure): void;
}

/** What carries out each operation: it answers through the ticket, or throws. */
export type Handlers = {
  readonly [Name in keyof Operations]: (
    ask: Ask<Name>,
    ticket: Ticket,
    body: Uint8Array | undefined,
  ) => void;
};

export type Post = (replies: readonly Reply[], transfer: ArrayBuffer[]) => void;

/** Answers of one turn go in one message. */
export function createTickets(
  post: Post,
): (id: number, claims: Int32Array, index: number) => Ticket {
  let replies: Reply[] = [];
  let transfers: ArrayBuffer[] = [];

  function reply(one: Reply): void {
    replies.push(one);
    if (replies.length === 1) queueMicrotask(send);
  }

  function send(): void {
    const [batch, transfer] = [replies, transfers];
    replies = [];
    transfers = [];
    post(batch, transfer);
  }

  return (id, claims, index) => {
    let open = true;
    const once = (one: Reply): void => {
      if (open) reply(one);
      open = false;
    };
    return {
      take: () => Atomics.compareExchange(claims, index, OPEN, TAKEN) !== DROPPED,
      get dropped() {
        return Atomics.load(claims, index) === DROPPED;
      },
      answer(value, transfer) {
        if (transfer) transfers.push(transfer);
        once({ id, answer: value });
      },
      fail: (failure) => once({ id, failure }),
    };
  };
}
