import { hash } from 'node:crypto';
import type { ObjectInfo } from '../call.js';
import { ObjectHashMismatchError } from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { quickGets } from '../http/quick-gets.js';
import type { QuickGet } from '../quick-get.js';
import type { B2Request } from './client.js';
import type { B2Context } from './context.js';
import { B2 } from './errors.js';
import { infoInHeaders } from './file-info.js';
import { checkContainer, refuseImpossible } from './names.js';
import { infoOf, SHA1_FORM } from './object-info.js';
import { pathOf } from './read.js';

/** Of an object that was sent whole. Of a large file B2 has no digest of its own: readObject reads it. */
export function b2QuickGet({ client }: B2Context): QuickGet {
  return quickGets<B2Request>({
    driver: B2,
    client,
    checkContainer,
    requestOf(container, key) {
      refuseImpossible({ container, key });
      const about = { operation: 'b2_download_file', action: 'read', container, key } as const;
      return { method: 'GET', ...about, download: pathOf({ container, key }) };
    },
    infoOf: infoOfContent,
    etagIn: (headers) => headers['x-bz-file-id'],
  });
}

/** The MD5 is that of the bytes whose SHA-1 is B2's: it is not among the headers. */
function infoOfContent(container: string, key: string, { headers, body }: HttpAnswer): ObjectInfo {
  const { 'x-bz-file-id': id = '', 'x-bz-content-sha1': sha1 = 'none' } = headers;
  const uploadedAtMs = Number(headers['x-bz-upload-timestamp'] ?? Number.NaN);
  const found = hash('sha1', body, 'hex');
  if (SHA1_FORM.test(sha1) && sha1 !== found)
    throw new ObjectHashMismatchError(key, sha1, found, { driver: B2 });
  return infoOf(container, {
    id,
    name: key,
    action: 'upload',
    size: body.byteLength,
    contentType: headers['content-type'],
    sha1,
    md5: sha1 === found ? hash('md5', body, 'hex') : undefined,
    info: infoInHeaders(headers),
    uploadedAtMs: Number.isSafeInteger(uploadedAtMs) ? uploadedAtMs : undefined,
  });
}
