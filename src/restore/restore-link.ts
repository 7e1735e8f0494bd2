import { rmSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { describeObject, proofOf, readerOf } from './described-object.js';
import { judgeExisting, judgeOther } from './existing.js';
import { existingAt, outcomeOf } from './existing-file.js';
import { makeLink } from './new-file.js';
import { provenContent } from './proven-content.js';
import type { RestoreContext, RestoreSource } from './restore-context.js';
import { RestoreError } from './restore-failure.js';
import type { FileResult } from './restore-file.js';
import { newUnfinishedName } from './staging.js';

/** PATH_MAX of Linux, without its terminating NUL. */
const LONGEST_TARGET = 4095;

/**
 * Makes a symbolic link of an object whose content is the target. Where the target leads does not matter: nothing is written
 * through it. Rejects as restoreFile does.
 */
export async function restoreLink(
  ctx: RestoreContext,
  source: RestoreSource,
  segments: readonly string[],
  signal: AbortSignal,
): Promise<FileResult> {
  const { rules, tree } = ctx;
  const described = await describeObject(ctx, source, signal);
  const { info, attributes } = described;
  if (info.size === 0 || info.size > LONGEST_TARGET)
    throw new RestoreError('name', `it is no link: a target has 1 to ${LONGEST_TARGET} bytes`);
  const proof = await proofOf(ctx, source, described, signal);
  const name = segments.at(-1) ?? '';
  const outcome = await tree.within(segments.slice(0, -1), !rules.dryRun, async (folder) => {
    if (existingAt({ folder, name }, ctx.foldsCase) === undefined && rules.dryRun)
      return { outcome: 'planned' } as const;
    const chunks: Uint8Array[] = [];
    const content = provenContent(
      ctx,
      readerOf(ctx, source, described, signal),
      info,
      proof,
      signal,
    );
    for await (const chunk of content) chunks.push(chunk);
    const target = Buffer.concat(chunks);
    const path = `${folder.at}/${name}`;
    const existing = existingAt({ folder, name }, ctx.foldsCase);
    if (existing !== undefined) {
      const wanted = { kind: 'symlink', size: info.size, mtimeNs: attributes.mtimeNs } as const;
      let verdict = judgeExisting(existing, wanted, rules.overwrite, true);
      if (verdict === 'compare')
        verdict = target.equals(await readlink(path, 'buffer'))
          ? 'finished'
          : judgeOther(existing, wanted, rules.overwrite);
      const judged = outcomeOf(verdict, existing);
      if (judged !== 'restore') return judged;
    }
    if (rules.dryRun) return { outcome: 'planned' } as const;
    const spare = `${folder.at}/${newUnfinishedName()}`;
    try {
      await makeLink(target, path, attributes.mtimeNs, existing && { spare });
    } catch (error) {
      rmSync(spare, { force: true });
      throw error;
    }
    return { outcome: 'restored', proof: proof?.by } as const;
  });
  return { outcome: outcome ?? { outcome: 'planned' }, described };
}
