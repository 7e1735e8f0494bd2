import type { Backend } from '../backend.js';
import type { Call, ContainerInfo } from '../call.js';
import { ContainerAccessDeniedError } from '../errors.js';
import { memberOf, textOf } from './auth/members.js';
import type { GoogleContext } from './context.js';
import { readDocument, unreadable } from './json.js';
import { bucketPath, checkContainer } from './names.js';

export const BUCKET_FIELDS =
  'kind,name,location,storageClass,timeCreated,versioning,softDeletePolicy,retentionPolicy';

/** The bucket's description: https://cloud.google.com/storage/docs/json_api/v1/buckets#resource */
export async function bucketResource(
  { client }: GoogleContext,
  container: string,
  call: Call,
): Promise<unknown> {
  checkContainer(container);
  const { body } = await client.request(
    {
      method: 'GET',
      operation: 'getBucket',
      action: 'look up the container',
      container,
      path: bucketPath(container),
      query: { fields: BUCKET_FIELDS },
    },
    call,
  );
  return readDocument(`look up "${container}"`, body);
}

/** The bucket, as far as this account may read its description: most roles for objects may list them, and not look at the bucket. */
export function headContainer(context: GoogleContext): Backend['headContainer'] {
  const { client, notice } = context;
  const undescribed = new Set<string>();
  const softDeleting = new Set<string>();

  function noteSoftDelete({ name, extra }: ContainerInfo): void {
    const seconds = Number(extra['softDeleteSeconds'] ?? 0);
    if (!(seconds > 0) || softDeleting.has(name)) return;
    softDeleting.add(name);
    notice('bucket keeps deleted objects by soft delete', {
      container: name,
      days: Math.round(seconds / 86_400),
      advice: 'what a mirror replaces and deletes is stored, and paid for, for so long',
    });
  }

  async function existsByListing(container: string, call: Call): Promise<ContainerInfo> {
    await client.request(
      {
        method: 'GET',
        operation: 'listObjects',
        action: 'look up the container',
        container,
        path: `${bucketPath(container)}/o`,
        query: { maxResults: '1', fields: 'kind,items(name)' },
      },
      call,
    );
    undescribed.add(container);
    return { name: container, extra: {} };
  }

  return async (name, call) => {
    call.signal.throwIfAborted();
    checkContainer(name);
    if (undescribed.has(name)) return existsByListing(name, call);
    try {
      const info = bucketInfo(await bucketResource(context, name, call), name);
      noteSoftDelete(info);
      return info;
    } catch (error) {
      if (!(error instanceof ContainerAccessDeniedError)) throw error;
      return existsByListing(name, call);
    }
  };
}

/** `expected`: the name that was asked for. */
export function bucketInfo(resource: unknown, expected: string | undefined): ContainerInfo {
  const name = textOf(resource, 'name');
  if (name === undefined || (expected !== undefined && name !== expected))
    throw unreadable('look up a container', 'has no bucket of this name');
  const extra: Record<string, unknown> = {};
  for (const field of ['location', 'storageClass', 'timeCreated'])
    if (textOf(resource, field) !== undefined) extra[field] = textOf(resource, field);
  const seconds = softDeleteIn(resource);
  if (seconds > 0) extra['softDeleteSeconds'] = seconds;
  if (keepsVersionsIn(resource)) extra['versioning'] = true;
  const retention = Number(textOf(resource, 'retentionPolicy', 'retentionPeriod') ?? 0);
  if (retention > 0) extra['retentionSeconds'] = retention;
  return { name, extra };
}

/** See Versions.softDeleteSeconds: most roles for objects may not look at the bucket. */
export async function softDeleteSeconds(
  context: GoogleContext,
  container: string,
  call: Call,
): Promise<number | 'unseen'> {
  call.signal.throwIfAborted();
  checkContainer(container);
  try {
    return softDeleteIn(await bucketResource(context, container, call));
  } catch (error) {
    if (error instanceof ContainerAccessDeniedError) return 'unseen';
    throw error;
  }
}

/** Seconds; 0: it is off. */
function softDeleteIn(resource: unknown): number {
  const seconds = Number(textOf(resource, 'softDeletePolicy', 'retentionDurationSeconds') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}

export function keepsVersionsIn(bucket: unknown): boolean {
  return memberOf(bucket, 'versioning', 'enabled') === true;
}
