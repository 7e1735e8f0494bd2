import { compareNames } from '../../utf8-order.js';
import type { Call } from '../call.js';
import { StorageError } from '../errors.js';
import type { B2Context } from './context.js';
import { B2 } from './errors.js';
import { listOf, optionalText, readObject } from './json.js';
import { type B2File, readFile } from './object-info.js';

/** Where a listing of versions begins, itself included. `id` undefined: with the newest version of the name. */
export interface VersionsPlace {
  readonly name: string;
  readonly id: string | undefined;
}

export interface VersionsPage {
  /** Names in UTF-8 byte order, the newest version of each first. */
  readonly files: readonly B2File[];
  /** Undefined on the last page. */
  readonly next: VersionsPlace | undefined;
}

/** More is billed as several listings: https://www.backblaze.com/apidocs/b2-list-file-versions */
const PAGE = 1000;

/** One page of all versions, hide markers, and large files that are unfinished. */
export async function versionsPage(
  { client, buckets }: B2Context,
  container: string,
  prefix: string,
  from: VersionsPlace | undefined,
  size: number | undefined,
  call: Call,
): Promise<VersionsPage> {
  const about = { operation: 'b2_list_file_versions', action: 'list the versions' } as const;
  const answer = await buckets.withId(container, call, (bucketId) => {
    const parameters = {
      bucketId,
      maxFileCount: Math.min(size ?? PAGE, PAGE),
      ...(prefix !== '' && { prefix }),
      ...(from !== undefined && { startFileName: from.name }),
      ...(from?.id !== undefined && { startFileId: from.id }),
    };
    return client.request({ method: 'POST', ...about, container, prefix, parameters }, call);
  });
  const document = readObject(about.action, answer);
  const files = listOf(about.action, document, 'files').map((file) => readFile(about.action, file));
  const name = optionalText(document, 'nextFileName');
  const next = name === undefined ? undefined : { name, id: optionalText(document, 'nextFileId') };
  checkAdvance(files, from, next);
  return { files, next };
}

/** A page that is given again would be asked for without end. */
function checkAdvance(
  files: readonly B2File[],
  from: VersionsPlace | undefined,
  next: VersionsPlace | undefined,
): void {
  let previous = from?.name ?? '';
  for (const { name } of files) {
    if (compareNames(previous, name) > 0) throw notAdvancing(`"${name}" came after "${previous}"`);
    previous = name;
  }
  if (next !== undefined && next.name === from?.name && next.id === from.id)
    throw notAdvancing('it says that there is more, but not where to go on');
}

function notAdvancing(problem: string): StorageError {
  return new StorageError(
    `list the versions: the listing does not advance in UTF-8 byte order: ${problem}`,
    { driver: B2, retry: 'backoff' },
  );
}
