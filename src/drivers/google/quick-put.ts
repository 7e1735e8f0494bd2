import type { PutOutcome, QuickObject, QuickPut } from '../capabilities.js';
import { crc32c } from '../crc32c.js';
import { findChecksum } from '../digest.js';
import type { HttpAnswer } from '../http/exchange.js';
import { requestEach } from '../http/quick-batch.js';
import { createPutRun } from '../put-run.js';
import type { GoogleRequest } from './client.js';
import { generationMatch } from './conditions.js';
import type { GoogleContext } from './context.js';
import { readDocument, unreadable } from './json.js';
import { checkContainer, checkKey, uploadPath } from './names.js';
import { hexOfCrc32c, refuseOther } from './payload.js';
import { digestFields } from './put-object.js';
import { relatedBody } from './related-body.js';
import { infoOf, OBJECT_FIELDS, resourceOf } from './resource.js';

/** A POST for each object, with nothing but that one request: what takes more than that fails here, and putObject does it. */
export function googleQuickPut({ client, settings }: GoogleContext): QuickPut {
  function requestOf(container: string, object: QuickObject): GoogleRequest {
    const { key, bytes, options } = object;
    checkKey(key);
    const described = { ...resourceOf(key, options, settings), ...digestFields(digestsOf(object)) };
    const { contentType, body } = relatedBody(described, {
      size: bytes.byteLength,
      content: bytes,
    });
    return {
      method: 'POST',
      operation: 'putObject',
      action: 'put',
      container,
      key,
      needsContainer: true,
      condition: options.precondition && key,
      path: uploadPath(container),
      query: {
        uploadType: 'multipart',
        name: key,
        fields: OBJECT_FIELDS,
        kmsKeyName: settings.kms_key,
        ...generationMatch({ container, key }, options.precondition),
      },
      headers: { 'content-type': contentType },
      body,
    };
  }

  return {
    async putEach(container, objects, passage, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const objectAt = (row: number) => objects[row] as QuickObject;
      return requestEach<GoogleRequest, PutOutcome>(
        {
          client,
          createRun: createPutRun,
          sizes: objects.map(({ size }) => size),
          passage,
          requestOf: (row) => requestOf(container, objectAt(row)),
          outcomeOf: (row, answer) => outcomeOf(container, objectAt(row), answer),
          failed: (error) => ({ error }),
        },
        call,
      );
    },
  };
}

function digestsOf({ md5, bytes }: QuickObject) {
  return [
    { algorithm: 'md5', hex: md5 },
    { algorithm: 'crc32c', hex: hexOfCrc32c(crc32c(bytes)) },
  ] as const;
}

/** Stored, when Google has confirmed the MD5. */
function outcomeOf(container: string, { key, md5 }: QuickObject, answer: HttpAnswer): PutOutcome {
  try {
    const what = `put "${key}"`;
    const { checksums, extra } = infoOf(container, readDocument(what, answer.body), what);
    refuseOther(key, [{ algorithm: 'md5', hex: md5 }], checksums);
    if (findChecksum(checksums, 'md5') === undefined)
      throw unreadable(what, 'has no MD5 of what was stored');
    return { stored: { md5, etag: String(extra['etag']), versionId: String(extra['versionId']) } };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
