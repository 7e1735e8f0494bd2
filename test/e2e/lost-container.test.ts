import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { endWhenDone } from '../world/end-when-done.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

async function mirrored(): Promise<LocalMirror> {
  const mirror = openLocalMirror();
  for (const path of ['a', 'b']) mirror.write(path);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  return mirror;
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
    const mirror = await mirrored();
    lose(mirror.container);
    expect(summaryOf(await mirror.longshore('scan', '--json'))).toMatchObject({
      uploaded: 2,
      unchanged: 0,
      deleted: 0,
    });
    expect(mirror.objects()).toEqual(expect.arrayContaining(['a', 'b']));
    expect(summaryOf(await mirror.longshore('scan', '--json'))).toMatchObject({
      uploaded: 0,
      unchanged: 2,
    });
  },
);

test.each(losses)(
  'P1: a daemon whose container %s while it was down sends everything',
  async (_, lose) => {
    const mirror = await mirrored();
    lose(mirror.container);
    const daemon = mirror.daemon();
    await vi.waitFor(() => expect(mirror.objects()).toEqual(expect.arrayContaining(['a', 'b'])), {
      timeout: 30_000,
    });
    await endWhenDone(mirror, daemon);
  },
);
