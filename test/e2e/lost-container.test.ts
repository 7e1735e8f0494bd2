import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

async function mirrored(): Promise<LocalMirror> {
  const place = openLocalMirror();
  for (const path of ['a', 'b']) place.write(path);
  expect((await place.longshore('reconcile')).code).toBe(0);
  return place;
}

const losses: [string, (container: string) => void][] = [
  ['is gone', (container) => rmSync(container, { recursive: true })],
  [
    'was created again by another tool',
    (container) => {
      rmSync(container, { recursive: true });
      mkdirSync(container);
      writeFileSync(join(container, 'theirs'), 'theirs');
    },
  ],
];

test.each(losses)(
  'P1: a scan of a mirror whose container %s does not believe the index, and sends everything',
  async (_, lose) => {
    const place = await mirrored();
    lose(place.container);
    expect(summaryOf(await place.longshore('scan', '--json'))).toMatchObject({
      uploaded: 2,
      unchanged: 0,
      deleted: 0,
    });
    expect(place.objects()).toEqual(expect.arrayContaining(['a', 'b']));
    expect(summaryOf(await place.longshore('scan', '--json'))).toMatchObject({
      uploaded: 0,
      unchanged: 2,
    });
  },
);

test.each(losses)(
  'P1: a daemon whose container %s while it was down sends everything',
  async (_, lose) => {
    const place = await mirrored();
    lose(place.container);
    const daemon = place.daemon();
    await vi.waitFor(() => expect(place.objects()).toEqual(expect.arrayContaining(['a', 'b'])), {
      timeout: 30_000,
    });
    daemon.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
  },
);
