import { constants, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { thawCommand } from '../drivers/archive-classes.js';
import type { ObjectInfo } from '../drivers/call.js';
import { ObjectChangedError, StorageError } from '../drivers/errors.js';
import { forShell } from '../printable.js';
import { type ContentProof, openContentCheck } from '../sync/store/content-proof.js';
import { type DescribedObject, describeObject, proofOf } from './described-object.js';
import { type Existing, judgeExisting, judgeOther } from './existing.js';
import { type Destination, existingAt, outcomeOf } from './existing-file.js';
import { differsInCase, hasExactName } from './folder-tree.js';
import { placeFile, setAttributes, writeNewFile } from './new-file.js';
import type { RestoreContext, RestoreSource } from './restore-context.js';
import type { RestoreOutcome } from './restore-events.js';
import { isArchived, RestoreError } from './restore-failure.js';
import { isFull } from './room.js';
import { newUnfinishedName } from './staging.js';
import { contentWriter } from './write-content.js';

/** Loads in all of an object that was replaced while it was read. */
const MOST_LOADS = 3;

export interface FileResult {
  readonly outcome: RestoreOutcome;
  readonly described: DescribedObject;
}

/**
 * Makes a file of an object, at the path that its names lead to below the root. Its bytes are proven before it appears under its
 * name, where anything proves them. Rejects with RestoreError, and as the driver and the system do; then nothing of it is left.
 */
export async function restoreFile(
  ctx: RestoreContext,
  source: RestoreSource,
  segments: readonly string[],
  signal: AbortSignal,
): Promise<FileResult> {
  const described = await describeObject(ctx, source, signal);
  const folders = segments.slice(0, -1);
  const result = await ctx.tree.within(folders, !ctx.rules.dryRun, (folder) =>
    restoreInto(ctx, source, described, { folder, name: segments.at(-1) ?? '' }, signal),
  );
  return result ?? { outcome: { outcome: 'planned' }, described };
}

async function restoreInto(
  ctx: RestoreContext,
  source: RestoreSource,
  described: DescribedObject,
  destination: Destination,
  signal: AbortSignal,
): Promise<FileResult> {
  const existing = existingAt(destination, ctx.foldsCase);
  if (existing !== undefined) {
    const outcome = await judge(ctx, source, described, existing, destination, signal);
    if (outcome !== 'restore') return { outcome, described };
  }
  if (ctx.rules.dryRun || ctx.staging === undefined)
    return { outcome: { outcome: 'planned' }, described };
  ctx.staging.room.require(described.info.size);
  try {
    return await load(ctx, source, described, destination, existing !== undefined, signal);
  } catch (error) {
    // Another process may have restored the same file meanwhile.
    if (existing !== undefined || !isTaken(error)) throw error;
    return restoreInto(ctx, source, described, destination, signal);
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof RestoreError && error.problem === 'exists';
}

/** What becomes of the object where something is at its path; `restore`: it is replaced. */
async function judge(
  ctx: RestoreContext,
  source: RestoreSource,
  described: DescribedObject,
  existing: Existing,
  destination: Destination,
  signal: AbortSignal,
): Promise<RestoreOutcome | 'restore'> {
  const { info, attributes } = described;
  const { overwrite } = ctx.rules;
  const wanted = { kind: 'file' as const, size: info.size, mtimeNs: attributes.mtimeNs };
  let verdict = judgeExisting(existing, wanted, overwrite, true);
  if (verdict === 'compare')
    verdict = (await hasContent(ctx, source, described, destination, signal))
      ? 'finished'
      : judgeOther(existing, wanted, overwrite);
  return outcomeOf(verdict, existing);
}

/** Whether the file that is there has the object's content, by a digest of both; then it is given the object's attributes. */
async function hasContent(
  ctx: RestoreContext,
  source: RestoreSource,
  described: DescribedObject,
  { folder, name }: Destination,
  signal: AbortSignal,
): Promise<boolean> {
  const proof = await proofOf(ctx, source, described, signal);
  if (proof === undefined) return false;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const path = `${folder.at}/${name}`;
  const file = await open(path, flags);
  try {
    if (!(await isProven(file, ctx, described.info, proof, signal))) return false;
    if (!ctx.rules.dryRun) await setAttributes({ file, path }, described.attributes, ctx.rules);
    return true;
  } finally {
    await file.close();
  }
}

async function isProven(
  file: FileHandle,
  { backend }: RestoreContext,
  info: ObjectInfo,
  proof: ContentProof,
  signal: AbortSignal,
): Promise<boolean> {
  const check = openContentCheck(backend, info, proof);
  for await (const chunk of file.createReadStream({ autoClose: false })) {
    signal.throwIfAborted();
    check.update(chunk as Uint8Array);
  }
  try {
    check.finish();
    return true;
  } catch (error) {
    if (error instanceof StorageError) return false;
    throw error;
  }
}

/**
 * Loads the object, and loads it once more where it was replaced meanwhile, or came over the network with other bytes. Each load
 * is of one version alone. What was loaded in the end comes back as well.
 */
async function load(
  ctx: RestoreContext,
  source: RestoreSource,
  first: DescribedObject,
  destination: Destination,
  replace: boolean,
  signal: AbortSignal,
): Promise<FileResult> {
  let described = first;
  for (let loads = 1; ; loads++) {
    try {
      const outcome = await loadOnce(ctx, source, described, destination, replace, signal);
      return { outcome, described: isReplaced(first, described) ? newer(described) : described };
    } catch (error) {
      signal.throwIfAborted();
      if (isArchived(error, described.info.extra['storageClass'])) throw archived(described.info);
      if (!mayPass(error) || loads === MOST_LOADS) throw error;
      const before = described;
      described = await describeObject(ctx, source, signal, true);
      if (loads > 1 && isSameVersion(before.info, described.info)) throw error;
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof ObjectChangedError) return true;
  return error instanceof StorageError && error.retry !== 'never';
}

function isReplaced({ info: before }: DescribedObject, { info: after }: DescribedObject): boolean {
  return before.size !== after.size || before.extra['etag'] !== after.extra['etag'];
}

/** The same, with a line that says that it is not what was listed. */
function newer(described: DescribedObject): DescribedObject {
  const note = 'it was replaced while it was restored, and this is the newer content';
  return { ...described, notes: [...described.notes, note] };
}

function isSameVersion(a: ObjectInfo, b: ObjectInfo): boolean {
  const keys = ['etag', 'lastModified'] as const;
  return a.size === b.size && keys.every((key) => a.extra[key] === b.extra[key]);
}

function archived({ container, key, extra }: ObjectInfo): RestoreError {
  const storageClass = String(extra['storageClass']);
  const { archiveStatus } = extra;
  if (typeof archiveStatus === 'string')
    return new RestoreError(
      'archived',
      `it is archived (${storageClass}), and on its way (${archiveStatus}), which takes up to 15 hours; then restore again`,
    );
  const command = thawCommand(storageClass, forShell(container), forShell(key));
  return new RestoreError(
    'archived',
    `it is archived (${storageClass}) and has to be thawed first, as with: ${command}; then restore again`,
  );
}

async function loadOnce(
  ctx: RestoreContext,
  source: RestoreSource,
  described: DescribedObject,
  { folder, name }: Destination,
  replace: boolean,
  signal: AbortSignal,
): Promise<RestoreOutcome> {
  const proof = await proofOf(ctx, source, described, signal);
  const { staging } = ctx;
  // A rename cannot go from one file system to another, as into one that is mounted below the root.
  const unfinished =
    staging !== undefined && staging.device === folder.device
      ? staging.newPath()
      : `${folder.at}/${newUnfinishedName()}`;
  try {
    const write = contentWriter(ctx, source, described, proof, signal);
    const failed = await writeNewFile(unfinished, write, described.attributes, ctx.rules);
    place(unfinished, { folder, name }, replace, ctx.foldsCase);
    const [error] = failed;
    return error === undefined
      ? { outcome: 'restored', proof: proof?.by }
      : { outcome: 'failed', problem: 'attributes', error };
  } catch (error) {
    rmSync(unfinished, { force: true });
    if (isFull(error)) staging?.room.noteFull();
    throw error;
  }
}

/** See placeFile. What came meanwhile may be an object whose name differs only in case. */
function place(
  unfinished: string,
  { folder, name }: Destination,
  replace: boolean,
  foldsCase: boolean,
): void {
  try {
    placeFile(unfinished, `${folder.at}/${name}`, replace);
  } catch (error) {
    const isOther = error instanceof RestoreError && error.problem === 'exists';
    if (!isOther || !foldsCase || hasExactName(folder.at, name)) throw error;
    throw new RestoreError('name', differsInCase(name), error);
  }
}
