import { linkSync, renameSync, rmSync } from 'node:fs';
import { lstatPathIfAny } from '../file-stat.js';
import type { ContentProof } from '../sync/store/content-proof.js';
import { type DescribedObject, describeObject, proofOf } from './described-object.js';
import { existingAt } from './existing-file.js';
import type { RestoreContext, RestoreSource } from './restore-context.js';
import { type FileResult, restoreFile } from './restore-file.js';
import { newUnfinishedName } from './staging.js';

/** An object of a file with several names (hard links). Plain JSON. */
export interface LinkedSource {
  readonly group: string;
  readonly source: RestoreSource;
  readonly segments: readonly string[];
}

interface MadeFile {
  readonly segments: readonly string[];
  readonly inode: bigint | undefined;
  readonly by: ContentProof['by'];
}

/** The files that a group has made so far, by their content, size, time, mode and owner. */
export type MadeFiles = Map<string, MadeFile>;

/**
 * Makes another name of a file that its group has made already, where the proven content, the size and the attributes are the
 * same; else a file of its own. Rejects as restoreFile does.
 */
export async function restoreLinked(
  ctx: RestoreContext,
  { source, segments }: LinkedSource,
  made: MadeFiles,
  signal: AbortSignal,
): Promise<FileResult> {
  const described = await describeObject(ctx, source, signal);
  const proof = await proofOf(ctx, source, described, signal);
  const same = proof && keyOf(described, proof);
  const first = same === undefined ? undefined : made.get(same);
  if (first !== undefined && !ctx.rules.dryRun && (await linkTo(ctx, first, segments, false)))
    return { outcome: { outcome: 'restored', proof: first.by }, described };
  const result = await restoreFile(ctx, source, segments, signal);
  const { outcome } = result.outcome;
  if (same === undefined || proof === undefined) return result;
  // It may have been replaced while it was restored.
  if (keyOf(result.described, proof) !== same || !hasEtagOf(result.described, described))
    return result;
  if (first !== undefined && outcome === 'restored') await linkTo(ctx, first, segments, true);
  else if (first === undefined && (outcome === 'restored' || outcome === 'unchanged'))
    made.set(same, { segments, inode: await inodeAt(ctx, segments), by: proof.by });
  return result;
}

/** Equal for objects that can become one file. */
function keyOf({ info, attributes }: DescribedObject, proof: ContentProof): string {
  const { mtimeNs, mode, uid, gid, extended } = attributes;
  const { by: _, ...digest } = proof;
  return JSON.stringify([info.size, String(mtimeNs), mode, uid, gid, extended, digest]);
}

function hasEtagOf(a: DescribedObject, b: DescribedObject): boolean {
  return a.info.extra['etag'] === b.info.extra['etag'];
}

async function inodeAt(
  { tree }: RestoreContext,
  segments: readonly string[],
): Promise<bigint | undefined> {
  return tree.within(segments.slice(0, -1), false, async ({ at }) => {
    const stat = lstatPathIfAny(`${at}/${segments.at(-1) ?? ''}`);
    return stat?.isFile() ? stat.ino : undefined;
  });
}

/** Errors of link(2) by which a file system says that it makes no link here: then the files are separate ones. */
const NO_LINKS = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOENT']);

/** False where something is at the path, unless it is to be replaced, and where no link can be made. */
async function linkTo(
  { tree, foldsCase }: RestoreContext,
  first: MadeFile,
  to: readonly string[],
  replace: boolean,
): Promise<boolean> {
  const folders = first.segments.slice(0, -1);
  const linked = await tree.within(folders, false, (source) =>
    tree.within(to.slice(0, -1), true, async (folder) => {
      const name = to.at(-1) ?? '';
      const isThere = existingAt({ folder, name }, foldsCase) !== undefined;
      if (isThere && !replace) return false;
      const file = `${source.at}/${first.segments.at(-1) ?? ''}`;
      const spare = `${folder.at}/${newUnfinishedName()}`;
      return link(file, first.inode, spare, `${folder.at}/${name}`);
    }),
  );
  return linked ?? false;
}

function link(file: string, inode: bigint | undefined, spare: string, path: string): boolean {
  try {
    linkSync(file, spare); // follows no symbolic link: link(2)
    const isFirst = lstatPathIfAny(spare)?.ino === inode;
    if (isFirst) renameSync(spare, path);
    rmSync(spare, { force: true }); // rename(2) does nothing where both are names of one file
    return isFirst;
  } catch (error) {
    rmSync(spare, { force: true });
    if (NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
