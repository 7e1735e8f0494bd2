import type { Backend } from '../drivers/backend.js';
import type { Body } from '../drivers/call.js';
import { changeBodies } from '../drivers/layers/bodies.js';
import { EFFECTS, intercept } from '../drivers/layers/intercept.js';
import type { Lease } from './lease.js';

/**
 * The same backend, which changes nothing unless the lease is held: it checks before each request, and before each chunk
 * of a body. Creating a container needs no lease, as a new one has no content to protect.
 */
export function fenced(inner: Backend, lease: Pick<Lease, 'hold'>): Backend {
  const held = changeBodies(inner, (body, call) => whileHeld(body, lease, call.signal));
  return intercept(held, async ({ operation, call }, run) => {
    if (EFFECTS[operation] === 'changes' && operation !== 'createContainer')
      await lease.hold(call.signal);
    return run();
  });
}

/** Content in memory is sent without a further check. */
function whileHeld(body: Body, lease: Pick<Lease, 'hold'>, signal: AbortSignal): Body {
  const { slice } = body;
  if (body.bytes !== undefined) return body;
  return {
    ...body,
    async *open() {
      for await (const chunk of body.open()) {
        await lease.hold(signal);
        yield chunk;
      }
    },
    ...(slice && {
      slice: (start: number, end: number) => whileHeld(slice(start, end), lease, signal),
    }),
  };
}
