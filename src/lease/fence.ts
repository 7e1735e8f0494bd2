import type { Body } from '../drivers/call.js';
import { type Invocation, type Layer, withBody } from '../drivers/layers/layer.js';
import { EFFECTS } from '../drivers/layers/operations.js';
import type { Lease } from './lease.js';

/**
 * The layer that changes nothing unless the lease is held: it checks before each request, before each chunk
 * of a body, and before a file that the backend has read itself becomes an object. Creating a container needs no lease, as a new one has no content to protect.
 */
export function fence(lease: Pick<Lease, 'hold'>): Layer {
  return {
    name: 'fence',
    concerns: (operation) => EFFECTS[operation] === 'changes' && operation !== 'createContainer',
    quick: { enter: ({ call }) => lease.hold(call.signal) },
    around(invocation, next) {
      const waiting = lease.hold(invocation.call.signal);
      const held = heldBody(invocation, lease);
      return waiting === undefined ? next(held) : waiting.then(() => next(held));
    },
  };
}

/** Content in memory is sent without a further check. */
function heldBody(invocation: Invocation, lease: Pick<Lease, 'hold'>): Invocation {
  const { body, call } = invocation;
  if (body === undefined || body.bytes !== undefined) return invocation;
  return withBody(invocation, whileHeld(body, lease, call.signal));
}

function whileHeld(body: Body, lease: Pick<Lease, 'hold'>, signal: AbortSignal): Body {
  const { slice, file } = body;
  if (body.bytes !== undefined) return body;
  return {
    ...body,
    async *open() {
      for await (const chunk of body.open()) {
        await lease.hold(signal);
        yield chunk;
      }
    },
    ...(file && {
      file: {
        ...file,
        async beforeStored() {
          await lease.hold(signal);
          await file.beforeStored();
        },
      },
    }),
    ...(slice && {
      slice: (start: number, end: number) => whileHeld(slice(start, end), lease, signal),
    }),
  };
}
