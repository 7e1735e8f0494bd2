import type { Checksum, ObjectInfo } from '../call.js';
import type { ObjectVersion } from '../capabilities.js';
import { type FileInfo, headersIn, LARGE_FILE_SHA1, metaDataIn } from './file-info.js';
import { isObject, type JsonObject, numberOf, optionalText, textOf } from './json.js';

/** A version of a file as B2's answers have it. */
export interface B2File {
  readonly id: string;
  readonly name: string;
  /** `upload`, `hide`, `start` (a large file that is unfinished), `folder`. */
  readonly action: string;
  readonly size: number;
  readonly contentType: string | undefined;
  /** `none` for large files; `unverified:` and a digest when it was not compared. */
  readonly sha1: string | undefined;
  readonly md5: string | undefined;
  readonly info: FileInfo;
  /** Milliseconds since the epoch, by B2's clock. */
  readonly uploadedAtMs: number | undefined;
}

/** `action`: for people. An answer that lacks what each file has rejects, worth another try. */
export function readFile(action: string, document: JsonObject): B2File {
  const { fileInfo, uploadTimestamp } = document;
  return {
    id: textOf(action, document, 'fileId'),
    name: textOf(action, document, 'fileName'),
    action: optionalText(document, 'action') ?? 'upload',
    size: numberOf(action, document, 'contentLength'),
    contentType: optionalText(document, 'contentType'),
    sha1: optionalText(document, 'contentSha1'),
    md5: optionalText(document, 'contentMd5'),
    info: isObject(fileInfo) ? textsIn(fileInfo) : {},
    uploadedAtMs: typeof uploadTimestamp === 'number' ? uploadTimestamp : undefined,
  };
}

function textsIn(info: JsonObject): FileInfo {
  return Object.fromEntries(
    Object.entries(info).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

/** `extra` has `fileId` and `uploadTimestamp` as Libcloud's; a file's id is its version and its ETag: each upload has another one. */
export function infoOf(container: string, file: B2File): ObjectInfo {
  const { id, name, size, contentType, sha1, uploadedAtMs, info } = file;
  return {
    container,
    key: name,
    size,
    checksums: checksumsOf(file),
    metaData: metaDataIn(info),
    extra: {
      ...headersIn(info),
      contentType,
      etag: id,
      versionId: id,
      fileId: id,
      ...(sha1 !== undefined && { contentSha1: sha1 }),
      ...(uploadedAtMs !== undefined && {
        lastModified: uploadedAtMs,
        uploadTimestamp: uploadedAtMs,
      }),
    },
  };
}

export const SHA1_FORM = /^[0-9a-f]{40}$/;

/** MD5 first, which B2 has of whatever was sent whole. Of a large file there is what its uploader says. */
function checksumsOf({ md5, sha1 = '', info }: B2File): readonly Checksum[] {
  const digest = sha1 === 'none' ? (info[LARGE_FILE_SHA1] ?? '') : sha1;
  const checksums: Checksum[] = [];
  if (md5 !== undefined && /^[0-9a-f]{32}$/.test(md5))
    checksums.push({ algorithm: 'md5', hex: md5 });
  if (SHA1_FORM.test(digest)) checksums.push({ algorithm: 'sha1', hex: digest });
  return checksums;
}

/** `isLatest`: whether it is the newest version of its name. */
export function versionOf(container: string, file: B2File, isLatest: boolean): ObjectVersion {
  return {
    ...infoOf(container, file),
    versionId: file.id,
    isLatest,
    isDeleteMarker: file.action === 'hide',
  };
}
