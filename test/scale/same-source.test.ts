import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { readingSameSource, SourceDiffersError } from '../../src/scale/same-source.js';
import { SourceSilentError } from '../../src/silent-source.js';
import type { BatchAnswer, FileOrder, MarkFiles } from '../../src/sync/work/batch-effects.js';
import { fakeClock } from '../fakes/clock.js';
import { untilStatsAreOld } from '../world/old-stats.js';
import { openEffectsFixture, orderOf, sending } from './effects-fixture.js';

const never = new AbortController().signal;
const anyMark: MarkFiles = async () => {};
const here = {
  root: '/',
  follow: false,
  differs: async () => undefined,
  clock: systemClock,
  interrupt: never,
};
const NAMES = ['a', 'd/b', 'd/e/c', 'd/e/f'];
const HOUR_NS = 3_600_000_000_000n;

/** Four files, and the effects of a worker that has them. */
async function opened(differs = async () => undefined as string | undefined) {
  const fixture = await openEffectsFixture();
  const { source: root } = fixture;
  const files = NAMES.map((name) => sending(fixture.write(name)));
  await untilStatsAreOld();
  const effects = fixture.localWith((reader) =>
    readingSameSource(reader, { ...here, root, differs }),
  );
  return {
    ...fixture,
    files,
    path: (name: string) => join(root, name),
    send: (orders: readonly FileOrder[] = files): Promise<BatchAnswer> =>
      effects.send(orderOf(orders), anyMark, never),
  };
}

/** The order of a file as it was an hour later than it is here. */
function later({ entry, ...order }: FileOrder): FileOrder {
  return { ...order, entry: { ...entry, ctimeNs: entry.ctimeNs + HOUR_NS } };
}

const changes: readonly (readonly [string, (path: string) => void])[] = [
  ['were written to', (path) => appendFileSync(path, 'x')],
  [
    'were replaced',
    (path) => {
      writeFileSync(`${path}.new`, 'x');
      renameSync(`${path}.new`, path);
    },
  ],
  ['were removed', (path) => rmSync(path)],
  [
    'have become folders',
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  ],
  [
    'have become links',
    (path) => {
      rmSync(path);
      symlinkSync('elsewhere', path);
    },
  ],
];

test.each(changes)(
  'a batch whose files for the most part %s since it was ordered is of the same source',
  async (_, change) => {
    const { send, path, objects } = await opened();
    for (const name of NAMES.slice(0, 3)) change(path(name));
    const { files } = await send();
    expect(files.map(({ state }) => state === 'sent')).toEqual([false, false, false, true]);
    expect(Object.keys(await objects())).toEqual(['d/e/f']);
  },
);

test('a batch whose folders were removed or renamed since it was ordered is of the same source', async () => {
  const { send, path } = await opened();
  rmSync(path('a'));
  renameSync(path('d'), path('moved'));
  const { files } = await send();
  expect(files.map(({ state }) => state)).not.toContain('sent');
});

test('a batch whose files are older here than it says is of another source: nothing is sent', async () => {
  const { send, files, objects } = await opened();
  const [first, ...others] = files as [FileOrder, ...FileOrder[]];
  await expect(send([first, ...others.map(later)])).rejects.toThrow(SourceDiffersError);
  await expect(send([first, ...others.map(later)])).rejects.toThrow('3 of 4 files');
  expect(await objects()).toEqual({});
});

test('a batch whose files are missing from folders that nothing was removed from is of another source', async () => {
  const { send, files } = await opened();
  const missing = ['d/g', 'd/e/h', 'no/folder/i'].map((path) => {
    const order = later(files[0] as FileOrder);
    return { ...order, entry: { ...order.entry, path } };
  });
  await expect(send([...missing, files[0] as FileOrder])).rejects.toThrow(SourceDiffersError);
});

test('a batch half of whose files are others is of the same source', async () => {
  const { send, files } = await opened();
  const { files: answers } = await send(files.map((file, row) => (row < 2 ? later(file) : file)));
  expect(answers.map(({ state }) => state)).toEqual(['changed', 'changed', 'sent', 'sent']);
});

test('a source whose root or landmarks are others by now is another one, whatever its files say', async () => {
  const { send, path } = await opened(async () => 'it was unmounted');
  for (const name of NAMES) appendFileSync(path(name), 'x');
  await expect(send()).rejects.toThrow('it was unmounted');
});

test.each([
  ['does not answer', 120_000, new AbortController(), SourceSilentError],
  ['does not answer, and the worker is to end', 0, new AbortController(), Error],
])('a worker sends nothing of a batch whose source %s', async (_, ms, interrupting, why) => {
  const { localWith, write, objects } = await openEffectsFixture();
  const clock = fakeClock();
  const waits = { readAll: () => new Promise<never>(() => {}), release: () => {} };
  const source = { ...here, clock, interrupt: interrupting.signal };
  const effects = localWith(() => readingSameSource(waits, source));
  const order = orderOf([sending(write('a'))]);
  const sent = expect(effects.send(order, anyMark, never)).rejects.toThrow(why);
  await clock.advance(ms);
  if (ms === 0) interrupting.abort(new Error('the worker ends'));
  await sent;
  expect(await objects()).toEqual({});
});
