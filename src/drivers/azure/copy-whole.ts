import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { CopyReplacement } from '../capabilities.js';
import { ObjectError } from '../errors.js';
import type { HttpHeaders } from '../http/exchange.js';
import { type AzureContext, SLOW_ANSWER_MS } from './context.js';
import { copySource } from './copy-source.js';
import { AZURE } from './errors.js';
import { metadataHeaders } from './metadata.js';
import { conditionHeaders, tierHeaders } from './object-headers.js';
import { extraFrom } from './object-info.js';

const POLL_MS = 1_000;

/** A copy, and how its object is described. */
export interface PlannedCopy {
  readonly source: ObjectInfo;
  readonly to: ObjectRef;
  readonly described: CopyReplacement;
  /** Whether the description is another one than the source's. */
  readonly replaced: boolean;
}

/** Copies with one request. `sync`: it is answered when the copy is there; else the service may still be at it, and is asked. */
export async function copyWhole(
  context: AzureContext,
  { source, to, described, replaced }: PlannedCopy,
  sync: boolean,
  call: Call,
): Promise<ObjectInfo> {
  const rules = replaced ? context.settings : { storage_class: undefined, headers: [] };
  const { headers } = await context.client.request(
    {
      method: 'PUT',
      operation: 'copyBlob',
      action: `copy "${source.key}"`,
      source: source.key,
      container: to.container,
      key: to.key,
      headers: {
        ...(sync && { 'x-ms-requires-sync': 'true' }),
        ...(await copySource(context, source, call)),
        ...metadataHeaders(described.metaData),
        ...tierHeaders(rules, to.key, described),
        ...conditionHeaders(described.precondition),
      },
      answerWithinMs: SLOW_ANSWER_MS,
    },
    call,
  );
  if (headers['x-ms-copy-status'] === 'pending') await untilCopied(context, to, headers, call);
  const { size, checksums } = source;
  const extra = { ...extraFrom(headers), contentType: described.contentType };
  return { ...to, size, checksums, metaData: described.metaData, extra };
}

/** Asks how far the service is. The signal ends the wait, not the copy. */
async function untilCopied(
  { client, clock }: AzureContext,
  { container, key }: ObjectRef,
  begun: HttpHeaders,
  call: Call,
): Promise<void> {
  const about = { operation: 'headBlob', action: 'look up the copy', container, key } as const;
  for (;;) {
    await clock.sleep(POLL_MS, call.signal);
    const { headers } = await client.request({ method: 'HEAD', ...about }, call);
    const isOurs = headers['x-ms-copy-id'] === begun['x-ms-copy-id'];
    const status = isOurs ? headers['x-ms-copy-status'] : 'replaced';
    if (status === 'success') return;
    if (status === 'pending') continue;
    const reason = headers['x-ms-copy-status-description'] ?? '';
    throw new ObjectError(key, `was not copied: ${status} ${reason}`.trimEnd(), {
      driver: AZURE,
      retry: 'backoff',
    });
  }
}
