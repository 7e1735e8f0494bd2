import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { CopyReplacement } from '../capabilities.js';
import { memberOf, textOf } from './auth/members.js';
import { generationMatch } from './conditions.js';
import { type GoogleContext, SLOW_ANSWER_MS } from './context.js';
import { readDocument, unreadable } from './json.js';
import { encodeSegment, objectPath } from './names.js';
import { infoOf, OBJECT_FIELDS, type Resource } from './resource.js';

/**
 * Copies just the generation that was looked up, in as many calls as the service wants:
 * https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite. An empty description would be that of the bucket, so all of it is
 * sent.
 */
export async function rewrite(
  { client, settings }: GoogleContext,
  source: ObjectInfo,
  to: ObjectRef,
  resource: Resource,
  replace: CopyReplacement | undefined,
  call: Call,
): Promise<ObjectInfo> {
  const what = `copy "${source.key}"`;
  const condition = generationMatch(to, replace?.precondition);
  let rewriteToken: string | undefined;
  let copied = -1;
  for (;;) {
    const { body } = await client.request(
      {
        method: 'POST',
        operation: 'rewriteObject',
        action: what,
        container: to.container,
        key: to.key,
        needsContainer: true,
        condition: replace?.precondition === undefined ? source.key : to.key,
        path: `${objectPath(source)}/rewriteTo/b/${encodeSegment(to.container)}/o/${encodeSegment(to.key)}`,
        query: {
          ...condition,
          ifSourceGenerationMatch: String(source.extra['versionId']),
          destinationKmsKeyName: settings.kms_key,
          rewriteToken,
          fields: `kind,done,rewriteToken,totalBytesRewritten,resource(${OBJECT_FIELDS})`,
        },
        headers: { 'content-type': 'application/json; charset=UTF-8' },
        body: Buffer.from(JSON.stringify(resource)),
        answerWithinMs: SLOW_ANSWER_MS,
      },
      call,
    );
    const document = readDocument(what, body);
    if (memberOf(document, 'done') === true)
      return infoOf(to.container, memberOf(document, 'resource'), what);
    rewriteToken = textOf(document, 'rewriteToken');
    const total = Number(textOf(document, 'totalBytesRewritten') ?? Number.NaN);
    if (rewriteToken === undefined || !(total > copied))
      throw unreadable(what, 'says that the copy is not done, and nothing more of it was');
    copied = total;
  }
}
