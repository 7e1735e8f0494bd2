import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerDocument } from '../../src/state/ledger.js';
import type { IndexLocation, ObjectRecord } from '../../src/state/object-index.js';
import { openIndexView } from '../../src/state/open-index.js';
import type { TortureTarget } from './target.js';
import type { ExpectedObject, Tree } from './tree.js';

/** Metadata goes through decimal text and doubles. */
const SAME_TIME_SECONDS = 2e-6;

/** How the container differs from the source, in names, bytes, times and modes; empty when it is as it should be. */
export function containerDifferences(tree: Tree, source: string, target: TortureTarget): string[] {
  const differences: string[] = [];
  const objects = target.objects();
  const expected = tree.expected();
  for (const [name, { md5, path, kind }] of expected) {
    const held = objects.get(name);
    if (held?.md5 !== md5) {
      differences.push(
        `${JSON.stringify(name)}: source ${md5}, container ${held?.md5 ?? 'nothing'}`,
      );
      continue;
    }
    if (kind === 'link') continue;
    const { mtimeNs, mode } = lstatSync(join(source, path), { bigint: true });
    const mtime = Number(mtimeNs) / 1e9;
    const permissions = (Number(mode) & 0o777) | 0o400;
    if (Math.abs(mtime - held.mtime) > SAME_TIME_SECONDS)
      differences.push(`${JSON.stringify(name)}: time ${mtime}, container ${held.mtime}`);
    if (permissions !== (held.permissions | 0o400)) {
      differences.push(
        `${JSON.stringify(name)}: mode ${permissions.toString(8)}, container ${held.permissions.toString(8)}`,
      );
    }
  }
  for (const [name, { md5 }] of objects) {
    if (!expected.has(name) && !tree.isBehindLink(name))
      differences.push(`${JSON.stringify(name)}: source nothing, container ${md5}`);
  }
  return differences;
}

/**
 * Multipart uploads that no daemon will resume, without those that no state can distinguish from other tools' (`isForgotten`), and
 * those whose file cannot be seen behind a link.
 */
export function orphanUploads(
  tree: Tree,
  target: TortureTarget,
  isForgotten: (id: string) => boolean,
): string[] {
  return [...target.uploads()]
    .filter(([id, { key }]) => !isForgotten(id) && !(key !== undefined && tree.isBehindLink(key)))
    .map(
      ([id, { key = 'an unknown object', what }]) =>
        `the unfinished upload ${id} of ${JSON.stringify(key)} was left behind: ${what}`,
    );
}

/** How the index differs from the source. A daemon may be writing it. */
export async function indexDifferences(tree: Tree, location: IndexLocation): Promise<string[]> {
  const differences: string[] = [];
  const expected = new Map(tree.expected());
  const view = await openIndexView(location);
  try {
    for (const { name, record } of view.entries()) {
      const file = expected.get(name);
      expected.delete(name);
      if (!file && tree.isBehindLink(name)) continue;
      if (record.state === 'confirmed' && file !== undefined && isOf(file, record)) continue;
      differences.push(
        `${JSON.stringify(name)}: source ${file?.md5 ?? 'nothing'}, index ${record.state} ${record.md5}`,
      );
    }
  } finally {
    await view.close();
  }
  for (const [name, { md5 }] of expected)
    differences.push(`${JSON.stringify(name)}: source ${md5}, index nothing`);
  return differences;
}

/** Whether each digest that the record has is that of the file, and it has one. */
function isOf(file: ExpectedObject, { md5, md5Parts, partSize }: ObjectRecord): boolean {
  const inParts =
    md5Parts === undefined || partSize === undefined
      ? undefined
      : file.md5Parts(partSize) === md5Parts;
  return md5 === '' ? inParts === true : md5 === file.md5 && inParts !== false;
}

/** Objects whose content their files never had (P3). */
export function tornObjects(tree: Tree, target: TortureTarget): string[] {
  return [...target.objects()]
    .filter(([name, { md5 }]) => !tree.journal.hadContent(name, md5))
    .map(([name, { md5 }]) => `${JSON.stringify(name)} holds ${md5}, which its file never was`);
}

/**
 * Files in a stopped daemon's state folder that should have gone with it, and uploads that its ledger would still have to see
 * to, but for those whose file cannot be seen behind a link.
 */
export function stateLeftovers(tree: Tree, folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const left = files
    .filter((file) => /\.tmp$|\.new|spill|check-needed/.test(file))
    // One who was killed before it had said who it is may yet be about to take the lock, for all that anybody can tell.
    .filter((file) => !(file.startsWith('lock.') && statSync(join(folder, file)).size === 0))
    .map((file) => `${file} was left behind`);
  const text = readFileSync(join(folder, 'mirrors', 'documents', 'ledger.json'), 'utf8');
  const { unfinishedUploads } = JSON.parse(text) as Pick<LedgerDocument, 'unfinishedUploads'>;
  const needless = Object.keys(unfinishedUploads).filter((name) => !tree.isBehindLink(name));
  if (needless.length > 0)
    left.push(`unfinished uploads in the ledger, of ${JSON.stringify(needless)}: ${text}`);
  return left;
}
