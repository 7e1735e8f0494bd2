import type { Call, ObjectInfo } from '../call.js';
import type { AzureContext } from './context.js';
import { readUrl, urlOf } from './read-url.js';

/** How long a signed source is good for: a copy that waits longer has failed. */
const SOURCE_MS = 3_600_000;

/**
 * The source of a copy, that it is still what was looked at, and the right to read it: the service fetches it by its URL, as any
 * other client would.
 */
export async function copySource(
  context: AzureContext,
  source: ObjectInfo,
  call: Call,
): Promise<Record<string, string>> {
  const { etag } = source.extra;
  const bound = typeof etag === 'string' ? { 'x-ms-source-if-match': etag } : {};
  const authorization = await context.client.authorization(call);
  if (authorization.kind === 'token')
    return {
      ...bound,
      'x-ms-copy-source': urlOf(context, source),
      'x-ms-copy-source-authorization': `Bearer ${authorization.token}`,
    };
  return { ...bound, 'x-ms-copy-source': await readUrl(context, source, SOURCE_MS, call) };
}
