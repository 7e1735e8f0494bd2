import { chmod, utimes } from 'node:fs/promises';
import { isRecordOf } from '../sync/store/content-proof.js';
import { type DescribedObject, describeObject } from './described-object.js';
import type { RestoreContext, RestoreSource } from './restore-context.js';
import { setExtendedAttributes } from './set-extended.js';
import { timeText } from './time-text.js';

const PERMISSIONS = 0o777;

/** Makes the folder that an object stands for. */
export async function makeFolder(
  { tree }: RestoreContext,
  segments: readonly string[],
): Promise<void> {
  await tree.within(segments, true, async () => {});
}

/**
 * Gives a folder the time and mode in its object's metadata, once nothing more is made in it: each new name would change its
 * time, and its mode may forbid new names. An object without such metadata says nothing of a folder's time.
 */
export async function finishFolder(
  ctx: RestoreContext,
  source: RestoreSource,
  segments: readonly string[],
  signal: AbortSignal,
): Promise<DescribedObject> {
  const { tree, rules } = ctx;
  const described = await describeObject(ctx, source, signal);
  const { metaData } = described.info;
  const { mtimeNs, mode } = described.attributes;
  const record = source.isCurrent ? ctx.recordOf(source.name) : undefined;
  const hasTime =
    isRecordOf(record, described.info) ||
    metaData['mtime'] !== undefined ||
    metaData['s3cmd-attrs'] !== undefined;
  await tree.within(segments, false, async ({ at }) => {
    // The path is that of an open folder, so what it leads to is no link.
    if (hasTime && mtimeNs !== undefined) {
      const seconds = timeText(mtimeNs);
      await utimes(`${at}/.`, seconds, seconds);
    }
    if (rules.extended) {
      const [error] = setExtendedAttributes(`${at}/.`, described.attributes.extended);
      if (error !== undefined) throw error;
    }
    // Last: without the right to search the folder, its own "." is out of reach.
    if (mode !== undefined) await chmod(`${at}/.`, rules.specialBits ? mode : mode & PERMISSIONS);
  });
  return described;
}
