import type { PutOutcome, QuickObject, QuickPut } from '../capabilities.js';
import type { HttpAnswer } from '../http/exchange.js';
import { requestEach } from '../http/quick-batch.js';
import { createPutRun } from '../put-run.js';
import type { AzureRequest } from './client.js';
import type { AzureContext } from './context.js';
import { checkContainer, checkKey } from './names.js';
import { conditionHeaders, descriptionHeaders, tierHeaders } from './object-headers.js';
import { quoted } from './object-info.js';
import { confirmedMd5, md5Header } from './payload.js';

/** A PUT for each object, with nothing but that one request: what takes more than that fails here, and putObject does it. */
export function azureQuickPut({ client, settings }: AzureContext): QuickPut {
  function requestOf(container: string, { key, md5, bytes, options }: QuickObject): AzureRequest {
    checkKey(key);
    const headers = {
      'x-ms-blob-type': 'BlockBlob',
      ...descriptionHeaders(settings, key, options),
      ...tierHeaders(settings, key, options),
      ...md5Header(md5),
      ...conditionHeaders(options.precondition),
    };
    return {
      method: 'PUT',
      operation: 'putBlob',
      action: 'put',
      container,
      key,
      headers,
      body: bytes,
    };
  }

  return {
    async putEach(container, objects, passage, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const objectAt = (row: number) => objects[row] as QuickObject;
      return requestEach<AzureRequest, PutOutcome>(
        {
          client,
          createRun: createPutRun,
          sizes: objects.map(({ size }) => size),
          passage,
          requestOf: (row) => requestOf(container, objectAt(row)),
          outcomeOf: (row, answer) => outcomeOf(objectAt(row), answer),
          failed: (error) => ({ error }),
        },
        call,
      );
    },
  };
}

function outcomeOf({ key, md5 }: QuickObject, { headers }: HttpAnswer): PutOutcome {
  try {
    confirmedMd5(key, headers, md5);
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
  const { etag, 'x-ms-version-id': versionId } = headers;
  return {
    stored: {
      md5,
      ...(etag !== undefined && { etag: quoted(etag) }),
      ...(versionId !== undefined && { versionId }),
    },
  };
}
