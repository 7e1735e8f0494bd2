import { extname } from 'node:path';
import mime from 'mime';

/** The type of bytes whose format is unknown (RFC 2046 section 4.5.1). */
const UNKNOWN_CONTENT_TYPE = 'application/octet-stream';

/** Of a folder's object, as S3's console, s3cmd and Hadoop make it. */
export const FOLDER_TYPE = 'application/x-directory';

/** By extension, of the first name that has a known one: `archive.tar.gz` is what its last extension says. */
export function guessContentType(...names: readonly string[]): string {
  for (const name of names) {
    const extension = extname(name); // mime by itself would take a name without a dot for an extension
    const type = extension === '' ? null : mime.getType(extension);
    if (type !== null) return type;
  }
  return UNKNOWN_CONTENT_TYPE;
}
