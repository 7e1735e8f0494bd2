import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventRing } from '../../src/status/event-ring.js';

type Step =
  | { readonly kind: 'publish'; readonly events: number }
  | { readonly kind: 'read' }
  /** The reader comes back with the id that it had so many reads ago. */
  | { readonly kind: 'lose'; readonly reads: number }
  | { readonly kind: 'restart' };

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('publish' as const), events: fc.integer({ min: 1, max: 9 }) }),
    fc.constant({ kind: 'read' as const }),
    fc.record({ kind: fc.constant('lose' as const), reads: fc.integer({ min: 0, max: 3 }) }),
    fc.constant({ kind: 'restart' as const }),
  ),
  { maxLength: 60 },
);

test('event ring: a reader that resumes by id gets each later event exactly once, in order, or learns that some are missing', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 12 }), (given: readonly Step[], size) => {
      let boot = 1;
      let ring = createEventRing(`b${boot}`, size);
      let published: number[] = [];
      let seen = ring.lastId;
      const earlier = [seen];
      for (const step of given) {
        if (step.kind === 'publish')
          for (let at = 0; at < step.events; at += 1) {
            ring.publish('mirror', published.length + 1);
            published.push(published.length + 1);
          }
        else if (step.kind === 'restart') {
          boot += 1;
          ring = createEventRing(`b${boot}`, size);
          published = [];
        } else {
          const from = step.kind === 'lose' ? (earlier.at(-1 - step.reads) ?? seen) : seen;
          const [ofBoot = '', sequence = ''] = from.split('-');
          const due = published.slice(Number(sequence));
          const events = ring.after(from);
          if (ofBoot !== `b${boot}` || due.length > size) expect(events).toBeUndefined();
          else expect(events?.map(({ data }) => data)).toEqual(due);
          seen = events?.at(-1)?.id ?? ring.lastId;
          earlier.push(seen);
        }
      }
    }),
  );
});

test.each(['', 'b', 'b-', 'b--1', 'b-01', 'b-1e3', 'b-4', 'b-9007199254740993', 'c-1', 'b-1 '])(
  'event ring: %j is not the id of an event that was published',
  (id) => {
    const ring = createEventRing('b');
    for (let at = 0; at < 3; at += 1) ring.publish('mirror', at);
    expect(ring.after(id)).toBeUndefined();
  },
);

test('event ring: listeners get what is published until they end that', () => {
  const ring = createEventRing('b');
  const got: string[] = [];
  const end = ring.listen(({ id }) => got.push(id));
  ring.publish('held', {});
  expect(ring.listeners).toBe(1);
  end();
  ring.publish('held', {});
  expect(got).toEqual(['b-1']);
  expect(ring.listeners).toBe(0);
});
