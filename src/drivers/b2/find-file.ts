import type { Call, ObjectRef } from '../call.js';
import { ObjectDoesNotExistError } from '../errors.js';
import type { B2Context } from './context.js';
import { B2 } from './errors.js';
import { listOf, readObject } from './json.js';
import { type B2File, readFile } from './object-info.js';

/**
 * The file that a reader of the name gets, by a listing of one: a HEAD says no MD5, and its refusals say nothing. Rejects with
 * ObjectDoesNotExistError when there is none, or it is hidden.
 */
export async function findFile(
  { client, buckets }: B2Context,
  { container, key }: ObjectRef,
  call: Call,
): Promise<B2File> {
  const about = { operation: 'b2_list_file_names', action: 'look up', container, key } as const;
  const answer = await buckets.withId(container, call, (bucketId) => {
    const parameters = { bucketId, startFileName: key, prefix: key, maxFileCount: 1 };
    return client.request({ method: 'POST', ...about, parameters }, call);
  });
  const [first] = listOf(about.action, readObject(about.action, answer), 'files');
  const file = first && readFile(about.action, first);
  if (file?.name !== key) throw new ObjectDoesNotExistError(key, { driver: B2 });
  return file;
}
