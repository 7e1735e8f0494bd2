import { hash } from 'node:crypto';
import type { Call } from '../call.js';
import type { PutOutcome, QuickObject, QuickPut } from '../capabilities.js';
import { ContainerDoesNotExistError, ObjectHashMismatchError } from '../errors.js';
import { encodePath } from '../http/encode.js';
import type { HttpAnswer } from '../http/exchange.js';
import { requestEach } from '../http/quick-batch.js';
import { createPutRun } from '../put-run.js';
import type { B2Request } from './client.js';
import type { B2Context } from './context.js';
import { encryptionHeaders } from './encryption.js';
import { B2 } from './errors.js';
import { describe, infoHeaders } from './file-info.js';
import { readObject } from './json.js';
import { checkContainer, checkKey } from './names.js';
import { readFile } from './object-info.js';
import { type AddressedUpload, uploadPassage } from './upload-passage.js';

/** Sent, and not answered yet. */
interface SentUpload extends B2Request {
  readonly sha1: string;
}

/** An upload for each object, with nothing but that one request: what takes more than that fails here, and putObject does it. */
export function b2QuickPut(context: B2Context): QuickPut {
  const { client, settings, buckets, fileUrls } = context;

  function requestOf(
    container: string,
    { key, md5, bytes, options }: QuickObject,
    { url }: AddressedUpload,
  ): SentUpload {
    checkKey(key);
    refuseOther(key, md5, hash('md5', bytes, 'hex')); // B2 compares no MD5 itself
    const { contentType, info } = describe(settings, key, options);
    const sha1 = hash('sha1', bytes, 'hex');
    return {
      method: 'POST',
      operation: 'b2_upload_file',
      action: 'put',
      container,
      key,
      sendsContent: true,
      headers: {
        'x-bz-file-name': encodePath(key),
        'content-type': contentType,
        'x-bz-content-sha1': sha1,
        ...infoHeaders(info),
        ...encryptionHeaders(settings),
      },
      body: bytes,
      // Another address is for putObject to find.
      upload: { current: () => url, replace: async () => {} },
      sha1,
    };
  }

  /** The bucket's id, or the outcome of the first object where there is none. */
  async function idOf(container: string, call: Call): Promise<string | PutOutcome> {
    try {
      return await buckets.withId(container, call, async (id) => id);
    } catch (error) {
      if (error instanceof ContainerDoesNotExistError) return { error };
      throw error;
    }
  }

  return {
    async putEach(container, objects, passage, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const [first] = objects;
      if (first === undefined) return [];
      const id = await idOf(container, call);
      if (typeof id !== 'string') return objects.map((_, at) => (at === 0 ? id : undefined));
      const place = { id, container, key: first.key };
      const objectAt = (row: number) => objects[row] as QuickObject;
      const sha1s: string[] = [];
      return requestEach<B2Request, PutOutcome>(
        {
          client,
          createRun: createPutRun,
          sizes: objects.map(({ size }) => size),
          passage: uploadPassage(fileUrls, place, passage),
          requestOf(row, entered) {
            const request = requestOf(container, objectAt(row), entered as AddressedUpload);
            sha1s[row] = request.sha1;
            return request;
          },
          outcomeOf: (row, answer) => outcomeOf(objectAt(row), sha1s[row] ?? '', answer),
          failed: (error) => ({ error }),
        },
        call,
      );
    },
  };
}

function refuseOther(key: string, expected: string, found = 'none'): void {
  if (found !== expected) throw new ObjectHashMismatchError(key, expected, found, { driver: B2 });
}

/** Stored, when B2 has confirmed the SHA-1 of the bytes. */
function outcomeOf({ key, md5 }: QuickObject, sha1: string, answer: HttpAnswer): PutOutcome {
  try {
    const file = readFile('put', readObject('put', answer));
    refuseOther(key, sha1, file.sha1);
    refuseOther(key, md5, file.md5 ?? md5); // B2 need not say it
    return { stored: { md5, etag: file.id, versionId: file.id } };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
