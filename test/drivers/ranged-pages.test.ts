import { expect, it } from 'vitest';
import { RangeIgnoredError, StorageError } from '../../src/drivers/errors.js';
import { ListedContainer } from './ranged-fixture.js';

const NAMES = Array.from(
  { length: 50_000 },
  (_, at) =>
    `tree/d${String(Math.floor(at / 1000)).padStart(3, '0')}/f${String(at % 1000).padStart(3, '0')}`,
);

/** As an index that knows these names in order. */
function cutsOf(names: readonly string[]) {
  const placeOf = new Map(names.map((name, at) => [name, at]));
  return (after: string | undefined, count: number) =>
    names[(after === undefined ? -1 : (placeOf.get(after) ?? names.length)) + count];
}

/** Reads all; each round answers what is under way. */
async function listed(
  container: ListedContainer,
  options: Parameters<ListedContainer['pages']>[0],
) {
  const names: string[] = [];
  let over = false;
  const reading = (async () => {
    for await (const page of container.pages(options)) names.push(...page);
  })().finally(() => {
    over = true;
  });
  reading.catch(() => undefined);
  let rounds = 0;
  while (!over) {
    rounds += 1;
    await container.answer();
  }
  await reading;
  return { names, rounds };
}

it('ranged listing: takes a tenth of the round trips and few requests more where the names are known', async () => {
  const container = new ListedContainer(NAMES);
  const { names, rounds } = await listed(container, { cutAfter: cutsOf(NAMES) });
  expect(names).toEqual(NAMES);
  expect(rounds).toBeLessThanOrEqual(5);
  expect(container.requests).toBeLessThanOrEqual(54);
  expect(container.mostUnderWay).toBe(32);
  expect(container.mostHeld).toBeLessThanOrEqual(65);
});

it('ranged listing: plans for more names where the container has few of those that are known, and for fewer where it has others', async () => {
  const few = new ListedContainer(NAMES.filter((_, at) => at % 50 === 0));
  expect((await listed(few, { cutAfter: cutsOf(NAMES) })).names).toEqual(few.keys);
  expect(few.requests).toBeLessThan(45);
  const many = new ListedContainer(NAMES);
  const known = cutsOf(NAMES.filter((_, at) => at % 3 === 0));
  const { names, rounds } = await listed(many, { cutAfter: known });
  expect(names).toEqual(NAMES);
  expect(rounds).toBeLessThanOrEqual(10);
  expect(many.requests).toBeLessThanOrEqual(75);
});

it('ranged listing: cuts names that no index knows while they are listed', async () => {
  const container = new ListedContainer(NAMES);
  const { names, rounds } = await listed(container, { prefix: 'tree/' });
  expect(names).toEqual(NAMES);
  expect(rounds).toBeLessThanOrEqual(20);
  expect(container.requests).toBeLessThanOrEqual(16 + 1.5 * 50);
  expect(container.mostHeld).toBeLessThanOrEqual(65);
});

it('ranged listing: asks for two pages of a container that has no more, one after the other', async () => {
  const container = new ListedContainer(NAMES.slice(0, 2000));
  const { names, rounds } = await listed(container, {});
  expect(names).toEqual(NAMES.slice(0, 2000));
  expect(rounds).toBe(2);
  expect(container.requests).toBe(2);
});

it('ranged listing: asks once for a container that is missing', async () => {
  const container = new ListedContainer([]);
  container.onRequest = () => {
    throw new StorageError('no such container', { driver: 'test' });
  };
  await expect(listed(container, { cutAfter: cutsOf(NAMES) })).rejects.toThrow('no such container');
  expect(container.requests).toBe(1);
});

it('ranged listing: gives the pages before a range that fails, and then rejects once, with its error', async () => {
  const container = new ListedContainer(NAMES);
  container.onRequest = ({ range }) => {
    if ((range?.after ?? '') > 'tree/d020')
      throw new StorageError('busy', { driver: 'test', retry: 'backoff' });
  };
  const names: string[] = [];
  let failure: unknown;
  const reading = (async () => {
    for await (const page of container.pages({ cutAfter: cutsOf(NAMES) })) names.push(...page);
  })().catch((error: unknown) => {
    failure = error;
  });
  while (failure === undefined) await container.answer();
  await reading;
  expect(failure).toMatchObject({ message: 'busy', retry: 'backoff' });
  expect(names).toEqual(NAMES.slice(0, names.length));
  expect(names.length).toBeGreaterThan(19_000);
});

it('ranged listing: asks for nothing more, and holds nothing, once it is left or aborted', async () => {
  for (const how of ['left', 'aborted'] as const) {
    const container = new ListedContainer(NAMES);
    const controller = new AbortController();
    const pages = container.pages({ cutAfter: cutsOf(NAMES), signal: controller.signal });
    const first = pages.next();
    await container.answer();
    await first;
    await new Promise(setImmediate);
    const { requests } = container;
    expect(container.underWay).toBeGreaterThan(20);
    if (how === 'left') await pages.return();
    else {
      const next = pages.next();
      controller.abort(new Error('enough'));
      await expect(next).rejects.toThrow('enough');
    }
    await container.answer();
    expect(container.requests).toBe(requests);
  }
});

it('ranged listing: reads fewer pages ahead while fewer are allowed at once, and waits while they are not taken', async () => {
  const container = new ListedContainer(NAMES);
  container.atOnce = 8;
  const pages = container.pages({ cutAfter: cutsOf(NAMES) });
  const first = pages.next();
  await container.answer();
  await first;
  for (let i = 0; i < 5; i += 1) await container.answer();
  expect(container.mostUnderWay).toBe(8);
  expect(container.underWay).toBe(0);
  expect(container.mostHeld).toBe(16);
  container.atOnce = 2;
  container.mostUnderWay = 0;
  for (let i = 0; i < 20; i += 1) {
    const next = pages.next();
    await container.answer();
    expect((await next).done).toBe(false);
  }
  expect(container.mostUnderWay).toBeLessThanOrEqual(2);
  await pages.return();
});

it('P4: ranged listing: goes on page by page, without a gap, where the provider ignores ranges', async () => {
  for (const cutAfter of [cutsOf(NAMES), undefined]) {
    const container = new ListedContainer(NAMES);
    container.onRequest = ({ range }) => {
      if (range?.after !== undefined)
        throw new RangeIgnoredError('began elsewhere', { driver: 'test' });
    };
    const { names } = await listed(container, cutAfter ? { cutAfter } : {});
    expect(names).toEqual(NAMES);
  }
});

it('ranged listing: rejects with the error of what knows the names', async () => {
  const cutAfter = () => {
    throw new Error('the index is damaged');
  };
  const later = (after: string | undefined) =>
    after === undefined ? 'tree/d001/f000' : cutAfter();
  for (const cuts of [cutAfter, later])
    await expect(listed(new ListedContainer(NAMES), { cutAfter: cuts })).rejects.toThrow(
      'the index is damaged',
    );
});
