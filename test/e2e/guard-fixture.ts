import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../world/eventually.js';
import type { LocalMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

// Of 200 files and one more, 50 may go within an hour: 20 % are fewer than at_least.
export const FILES = 200;
export const PASS = 50;

export function fill(mirror: LocalMirror): void {
  mkdirSync(join(mirror.source, 'folder'));
  for (let at = 0; at < FILES; at += 1)
    writeFileSync(
      join(mirror.source, 'folder', `f${at}`),
      `content of file ${at}, ${'x'.repeat(300)}`,
    );
  writeFileSync(join(mirror.source, 'kept'), 'kept');
}

export function objectsLeft(mirror: LocalMirror): number {
  return existsSync(join(mirror.container, 'folder'))
    ? readdirSync(join(mirror.container, 'folder')).length
    : 0;
}

export async function heldId(mirror: LocalMirror): Promise<string> {
  return String(summaryOf(await mirror.longshore('held', 'documents', '--json'))['id']);
}

export async function mirrorStatus(mirror: LocalMirror): Promise<Record<string, unknown>> {
  const { stdout } = await mirror.longshore('status', '--json');
  return (JSON.parse(stdout) as { mirrors: Record<string, unknown>[] }).mirrors[0] ?? {};
}

/** Asks again and again until the daemon's mirror is as it should be. */
export async function untilStatus(
  mirror: LocalMirror,
  check: (mirror: Record<string, unknown>) => void,
): Promise<void> {
  let last: Record<string, unknown> = {};
  let asking = true;
  const watch = (async () => {
    while (asking) {
      last = await mirrorStatus(mirror).catch(() => last);
    }
  })();
  try {
    await eventually(() => check(last));
  } finally {
    asking = false;
    await watch;
  }
}
