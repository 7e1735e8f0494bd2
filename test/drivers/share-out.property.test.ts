import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareOut } from '../../src/drivers/share-out.js';

const never = new AbortController().signal;

test('share out: each piece is done once, and here only where no other process takes it or has done it', async () => {
  const anyPlace = fc.record({ takes: fc.boolean(), does: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(30),
      fc.infiniteStream(anyPlace),
      fc.scheduler(),
      async (count, places, schedule) => {
        const pieces = Array.from({ length: count }, (_, at) => at);
        const done: number[] = [];
        let place = places.next().value;
        let busyHere = 0;
        const sharing = shareOut(
          pieces,
          {
            takes: () => place.takes,
            async away(piece) {
              const { does } = place;
              place = places.next().value;
              await schedule.schedule(Promise.resolve());
              if (does) done.push(piece);
              return does ? [] : [piece];
            },
            async here(some) {
              busyHere += 1;
              expect(busyHere).toBe(1);
              place = places.next().value;
              await schedule.schedule(Promise.resolve());
              done.push(...some);
              busyHere -= 1;
            },
          },
          never,
        );
        await schedule.waitFor(sharing);
        expect(done.sort((a, b) => a - b)).toEqual(pieces);
      },
    ),
  );
});

test('share out: a failure here waits for what others are at work on, and nothing more is begun', async () => {
  const begun: string[] = [];
  let end = () => {};
  let isOver = false;
  let takes = true;
  const sharing = shareOut(
    ['a', 'b', 'c'],
    {
      takes: () => takes,
      away(piece) {
        begun.push(`away ${piece}`);
        if (piece === 'a') return Promise.resolve(['a']);
        takes = false;
        return new Promise((resolve) => (end = () => resolve([])));
      },
      async here(some) {
        begun.push(`here ${some}`);
        throw new Error('the target is down');
      },
    },
    never,
  ).finally(() => {
    isOver = true;
  });
  sharing.catch(() => {});
  await expect.poll(() => begun).toEqual(['away a', 'away b', 'here a']);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOver).toBe(false);
  end();
  await expect(sharing).rejects.toThrow('the target is down');
  expect(begun).toEqual(['away a', 'away b', 'here a']);
});

test('share out: an aborted signal ends it, whatever others are at work on', async () => {
  const stop = new AbortController();
  const sharing = shareOut(
    [1, 2],
    {
      takes: () => true,
      away: () =>
        new Promise((_, reject) => {
          stop.signal.addEventListener('abort', () => reject(stop.signal.reason));
        }),
      here: async () => {},
    },
    stop.signal,
  );
  stop.abort(new Error('the program ends'));
  await expect(sharing).rejects.toThrow('the program ends');
});

test('share out: two pieces that came back are done here before more is given away', async () => {
  const given: number[] = [];
  const here: number[] = [];
  await shareOut(
    [1, 2, 3, 4, 5, 6],
    {
      takes: () => true,
      async away(piece) {
        given.push(piece);
        return [piece];
      },
      async here(some) {
        expect(given.length - here.length).toBeLessThanOrEqual(6);
        here.push(...some);
      },
    },
    never,
  );
  expect(here.sort()).toEqual([1, 2, 3, 4, 5, 6]);
});
