import type { Call, ObjectInfo } from '../call.js';
import { memberOf, textOf } from './auth/members.js';
import type { GoogleContext } from './context.js';
import { readDocument } from './json.js';
import { objectPath } from './names.js';
import type { FoundObject } from './objects.js';
import { DESCRIPTION, infoOf, OBJECT_FIELDS, type Resource } from './resource.js';

/** Replaces the description of the object that was looked up: it stays the same generation, and no content is stored again. */
export async function patch(
  { client }: GoogleContext,
  { info, resource }: FoundObject,
  described: Resource,
  call: Call,
): Promise<ObjectInfo> {
  const { container, key } = info;
  const what = `replace the metadata of "${key}"`;
  const { body } = await client.request(
    {
      method: 'PATCH',
      operation: 'patchObject',
      action: 'replace the metadata',
      container,
      key,
      condition: key,
      path: objectPath(info),
      query: {
        ifGenerationMatch: String(info.extra['versionId']),
        ifMetagenerationMatch: textOf(resource, 'metageneration'),
        fields: OBJECT_FIELDS,
      },
      headers: { 'content-type': 'application/json; charset=UTF-8' },
      body: Buffer.from(JSON.stringify(withoutOthers(described, resource))),
    },
    call,
  );
  return infoOf(container, readDocument(what, body), what);
}

/** A description for PATCH, which keeps what is not mentioned: `null` removes it. */
function withoutOthers(described: Resource, resource: unknown): Resource {
  const removed = Object.fromEntries(DESCRIPTION.map((field) => [field, null]));
  const there = memberOf(resource, 'metadata');
  const names = typeof there === 'object' && there !== null ? Object.keys(there) : [];
  const metadata = {
    ...Object.fromEntries(names.map((name) => [name, null])),
    ...(described['metadata'] as Resource | undefined),
  };
  return { ...removed, ...described, metadata };
}
