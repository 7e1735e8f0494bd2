import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { onTestFinished, vi } from 'vitest';

/** What was in each folder when it was last brought to the disk, by path, from now until the end of the test. Linux only. */
export async function watchSyncs(): Promise<ReadonlyMap<string, readonly string[]>> {
  const synced = new Map<string, readonly string[]>();
  const handle = await open('/dev/null');
  const prototype: FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  const { sync } = prototype;
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    const path = readlinkSync(`/proc/self/fd/${this.fd}`);
    if (statSync(path).isDirectory()) synced.set(path, readdirSync(path));
    await sync.call(this);
  });
  onTestFinished(() => spy.mockRestore());
  return synced;
}
