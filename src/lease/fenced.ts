import type { Backend } from '../drivers/backend.js';
import type { Body } from '../drivers/call.js';
import { changeBodies } from '../drivers/layers/bodies.js';
import { EFFECTS, intercept } from '../drivers/layers/intercept.js';
import type { Lease } from './lease.js';

/**
 * The same backend, which changes nothing unless the lease is held: asked before each request goes out, and while a
 * body is sent before each piece of it. A container can be made without, as there is nothing in it to fight over.
 */
export function fenced(inner: Backend, lease: Pick<Lease, 'hold'>): Backend {
  const held = changeBodies(inner, (body, call) => whileHeld(body, lease, call.signal));
  return intercept(held, async ({ operation, call }, run) => {
    if (EFFECTS[operation] === 'changes' && operation !== 'createContainer')
      await lease.hold(call.signal);
    return run();
  });
}

/** What is in memory goes out at once. */
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
