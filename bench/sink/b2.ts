import {
  countPut,
  nextNumber,
  OWN_OBJECTS,
  QUESTIONS,
  question,
  type SinkApi,
  sizeOf,
} from './api.js';
import type { Answer, Head, Request } from './http.js';
import { find, type Kept, keep, namesOf, type Part, remove } from './objects.js';
import { contentAnswer, json } from './text.js';

interface LargeFile {
  readonly bucket: string;
  readonly key: string;
  readonly mtime: string | undefined;
  readonly parts: Map<number, Part>;
}

const largeFiles = new Map<string, LargeFile>();
const AT_END = 'hex_digits_at_end';
const DIGITS = 40;

export const B2_SINK: SinkApi = {
  promisedDigest: ({ headers }) => sha1In(headers),
  contentBytes: ({ bucket, headers, length }) => {
    if (bucket !== 'upload') return 0;
    return headers.get('x-bz-content-sha1') === AT_END ? length - DIGITS : length;
  },
  wantsContent: (head) => head.bucket === 'b2api' || isOwn(head) || endsInDigits(head),
  answer,
};

/** Undefined: the digits follow the content. */
function sha1In(headers: Head['headers']): string | undefined {
  const declared = headers.get('x-bz-content-sha1');
  return declared === AT_END ? undefined : declared;
}

const endsInDigits = ({ headers }: Head) => headers.get('x-bz-content-sha1') === AT_END;
const nameIn = ({ headers }: Head) => decodeURIComponent(headers.get('x-bz-file-name') ?? '');
const isOwn = (head: Head) => nameIn(head).startsWith(OWN_OBJECTS);

function answer(request: Request): Answer {
  const { bucket, key } = request;
  if (bucket === QUESTIONS) return question(key);
  if (bucket === 'upload')
    return key.startsWith('b2_upload_file/') ? put(request) : putPart(request);
  if (bucket === 'file') return read(request);
  const [version = '', call = ''] = key.split('/');
  if (call === 'b2_authorize_account') return json(authorization(request, version));
  const asked =
    request.content.length === 0
      ? Object.fromEntries(request.query)
      : (JSON.parse(request.content.toString()) as Asked);
  return json(CALLS[call]?.(asked, request) ?? {});
}

type Asked = Readonly<Record<string, unknown>>;

const CALLS: Readonly<Record<string, (asked: Asked, request: Request) => object>> = {
  b2_list_buckets: ({ bucketName }) => ({
    buckets: bucketName === undefined ? [] : [aboutBucket(String(bucketName))],
  }),
  b2_create_bucket: ({ bucketName }) => aboutBucket(String(bucketName)),
  b2_list_file_names: listing,
  b2_list_file_versions: listing,
  b2_list_unfinished_large_files: () => ({ files: [], nextFileId: null }),
  b2_get_upload_url: ({ bucketId }, request) => ({
    bucketId,
    ...address(request, `b2_upload_file/${String(bucketId)}`),
  }),
  b2_start_large_file: startLargeFile,
  b2_get_upload_part_url: ({ fileId }, request) => ({
    fileId,
    ...address(request, `b2_upload_part/${String(fileId)}`),
  }),
  b2_finish_large_file: finishLargeFile,
  b2_delete_file_version: ({ fileName, fileId }) => ({ fileName, fileId }),
  b2_hide_file({ bucketId, fileName }) {
    remove(String(bucketId), String(fileName));
    return { fileId: String(nextNumber()), fileName };
  },
};

const CAPABILITIES = [
  ...['listBuckets', 'readBuckets', 'writeBuckets', 'deleteBuckets', 'listFiles'],
  ...['readFiles', 'shareFiles', 'writeFiles', 'deleteFiles'],
];

/** rclone asks in version 1, longshore in 4. */
function authorization({ headers }: Request, version: string): object {
  const url = `http://${headers.get('host')}`;
  const storage = {
    ...{ apiUrl: url, downloadUrl: url, s3ApiUrl: url },
    ...{ recommendedPartSize: 100_000_000, absoluteMinimumPartSize: 5_000_000 },
  };
  const allowed = { capabilities: CAPABILITIES, namePrefix: null };
  const known = { accountId: 'bench', authorizationToken: 'token' };
  return version === 'v1'
    ? { ...known, ...storage, allowed: { ...allowed, bucketId: null, bucketName: null } }
    : { ...known, apiInfo: { storageApi: { ...storage, allowed: { ...allowed, buckets: null } } } };
}

/** Its id is its name. */
const aboutBucket = (bucketName: string) => ({
  accountId: 'bench',
  bucketId: bucketName,
  bucketName,
  bucketType: 'allPrivate',
  bucketInfo: {},
  lifecycleRules: [{ daysFromHidingToDeleting: 1, fileNamePrefix: '' }],
});

const address = ({ headers }: Request, path: string) => ({
  uploadUrl: `http://${headers.get('host')}/upload/${path}/${nextNumber()}`,
  authorizationToken: 'token',
});

function put(request: Request): string {
  const { key, headers, content, digest } = request;
  const [, bucket = ''] = key.split('/');
  const name = nameIn(request);
  countPut(name);
  const size = B2_SINK.contentBytes(request);
  const kept: Kept = {
    size,
    etag: String(nextNumber()),
    mtime: headers.get('x-bz-info-src_last_modified_millis'),
    parts: [{ size, digest }],
    sha1: declaredSha1(request),
    ...(isOwn(request) && { content: content.subarray(0, size) }),
  };
  keep(bucket, name, kept);
  return json(fileOf(bucket, name, kept));
}

/** What B2 would have computed: a client that lies is found by the digest that is compared with the source. */
function declaredSha1({ headers, content }: Request): string {
  return sha1In(headers) ?? content.toString('latin1', content.length - DIGITS);
}

function startLargeFile({ bucketId, fileName, fileInfo }: Asked): object {
  const [bucket, key] = [String(bucketId), String(fileName)];
  const mtime = (fileInfo as Record<string, string> | undefined)?.['src_last_modified_millis'];
  const fileId = `large-${nextNumber()}`;
  largeFiles.set(fileId, { bucket, key, mtime, parts: new Map() });
  return { fileId, fileName, bucketId, action: 'start', contentLength: 0 };
}

function putPart(request: Request): string {
  const [, fileId = ''] = request.key.split('/');
  const file = largeFiles.get(fileId);
  if (file === undefined) return json({ status: 400, code: 'bad_request', message: '' }, 400);
  countPut(file.key);
  const partNumber = Number(request.headers.get('x-bz-part-number'));
  const size = B2_SINK.contentBytes(request);
  file.parts.set(partNumber, { size, digest: request.digest });
  return json({ fileId, partNumber, contentLength: size, contentSha1: declaredSha1(request) });
}

function finishLargeFile({ fileId }: Asked): object {
  const id = String(fileId);
  const file = largeFiles.get(id);
  if (file === undefined) return {};
  largeFiles.delete(id);
  const parts = [...file.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  const kept: Kept = { size: sizeOf(parts), etag: id, mtime: file.mtime, parts, sha1: 'none' };
  keep(file.bucket, file.key, kept);
  return fileOf(file.bucket, file.key, kept);
}

function fileOf(bucketId: string, fileName: string, { size, etag, mtime, sha1 }: Kept): object {
  return {
    accountId: 'bench',
    action: 'upload',
    bucketId,
    contentLength: size,
    contentMd5: null,
    contentSha1: sha1,
    contentType: 'application/octet-stream',
    fileId: etag,
    fileInfo: mtime === undefined ? {} : { src_last_modified_millis: mtime },
    fileName,
    uploadTimestamp: 1_767_225_600_000,
  };
}

const PAGE = 1000;

function listing({ bucketId, prefix, startFileName, maxFileCount }: Asked): object {
  const bucket = String(bucketId);
  const from = String(startFileName ?? '');
  const names = namesOf(bucket).filter(
    (name) => name.startsWith(String(prefix ?? '')) && name >= from,
  );
  const limit = Math.min(PAGE, Number(maxFileCount ?? 100));
  return {
    files: names.slice(0, limit).map((name) => fileOf(bucket, name, find(bucket, name) as Kept)),
    nextFileName: names[limit] ?? null,
    nextFileId: null,
  };
}

function read({ key, headers }: Request): Answer {
  const [bucket = '', ...rest] = key.split('/');
  const kept = find(bucket, rest.join('/'));
  if (kept?.content === undefined)
    return json({ status: 404, code: 'not_found', message: 'File not present' }, 404);
  const fields = `x-bz-file-id: ${kept.etag}\r\nx-bz-content-sha1: ${kept.sha1}\r\n`;
  return contentAnswer(fields, kept.content, headers.get('range'));
}
