import type { Call, ObjectRef } from '../call.js';
import { encodePath } from '../http/encode.js';
import { fromSource } from '../http/refusal.js';
import type { B2Context } from './context.js';
import { encryptionHeaders } from './encryption.js';
import { B2 } from './errors.js';
import { type Described, infoHeaders } from './file-info.js';
import { readObject } from './json.js';
import { type B2File, readFile } from './object-info.js';
import { checkStored, type Payload } from './payload.js';

/** Puts a whole file, as a further version of its name. Resolves with it once B2 has confirmed the SHA-1 of the bytes sent. */
export async function uploadFile(
  { client, buckets, fileUrls, settings }: B2Context,
  { container, key }: ObjectRef,
  { contentType, info }: Described,
  payload: Payload,
  call: Call,
): Promise<B2File> {
  const about = { operation: 'b2_upload_file', action: 'put', container, key } as const;
  const headers = {
    'x-bz-file-name': encodePath(key),
    'content-type': contentType,
    'x-bz-content-sha1': payload.declared,
    ...infoHeaders(info),
    ...encryptionHeaders(settings),
  };
  const { body, replayable } = payload;
  const answer = await buckets
    .withId(container, call, (bucketId) =>
      fileUrls.use(
        { id: bucketId, container, key },
        (upload) =>
          client.request(
            { method: 'POST', ...about, headers, body, replayable, sendsContent: true, upload },
            call,
          ),
        call,
      ),
    )
    .catch((error: unknown) => {
      throw fromSource(key, error, B2);
    });
  const file = readFile(about.action, readObject(about.action, answer));
  checkStored(key, file.sha1, payload);
  return file;
}
