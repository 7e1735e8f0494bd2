import type { Answer } from '../http-service.js';
import { ACCOUNT, checkRights, json } from './account.js';
import { checkInfo, checkName, described, modeOf } from './files.js';
import { type FakeRequest, UPLOAD_PATH } from './request.js';
import type { FakeRules } from './server.js';
import { md5, Refusal, type StoredFile, sha1 } from './store.js';

type Parameters = Readonly<Record<string, unknown>>;

/** An address for one upload at a time, with a token of its own. */
function addressFor(operation: string, id: string, { headers }: FakeRequest, rules: FakeRules) {
  rules.addresses += 1;
  const path = `${UPLOAD_PATH}/${operation}/${id}/${rules.addresses}`;
  const token = `upload-token-${rules.addresses}`;
  rules.uploadTokens.set(path, token);
  return { uploadUrl: `http://${headers['host']}${path}`, authorizationToken: token };
}

export function getUploadUrl(
  { bucketId }: Parameters,
  rules: FakeRules,
  _: unknown,
  request: FakeRequest,
): Answer {
  const { id, name } = rules.store.bucket(bucketId);
  checkRights(rules, { bucket: name, capability: 'writeFiles' });
  return json({ bucketId: id, ...addressFor('b2_upload_file', id, request, rules) });
}

export function getUploadPartUrl(
  { fileId }: Parameters,
  rules: FakeRules,
  _: unknown,
  request: FakeRequest,
): Answer {
  const { id } = started(fileId, rules);
  return json({ fileId: id, ...addressFor('b2_upload_part', id, request, rules) });
}

/** To be called when an upload begins: B2 takes one at a time at each address. */
export function beginUpload({ rawPath, operation }: FakeRequest, rules: FakeRules): void {
  if (operation === 'b2_upload_file' || operation === 'b2_upload_part')
    rules.busy.set(rawPath, (rules.busy.get(rawPath) ?? 0) + 1);
}

function checkAddress({ rawPath, headers }: FakeRequest, rules: FakeRules): void {
  const token = rules.uploadTokens.get(rawPath);
  if (token === undefined || token !== headers['authorization'])
    throw new Refusal(401, 'bad_auth_token');
  if ((rules.busy.get(rawPath) ?? 0) > 1) throw new Refusal(400, 'auth_token_limit');
  rules.uploads += 1;
  const mode = headers['x-bz-test-mode'];
  if (mode === 'fail_some_uploads' && rules.uploads % 3 === 1)
    throw new Refusal(503, 'service_unavailable');
  if (mode === 'force_cap_exceeded') throw new Refusal(403, 'cap_exceeded');
}

/** The content, and the digest that the client has declared, which must be that of the content. */
function received({ headers, body }: FakeRequest): { bytes: Buffer; digest: string } {
  if (headers['content-length'] === undefined) throw new Refusal(400, 'bad_request');
  const declared = headers['x-bz-content-sha1'] ?? '';
  const isAtEnd = declared === 'hex_digits_at_end';
  const bytes = isAtEnd ? body.subarray(0, -40) : body;
  const digest = isAtEnd ? body.subarray(-40).toString() : declared;
  if (digest !== sha1(bytes))
    throw new Refusal(400, 'bad_request', 'Sha1 did not match data received');
  return { bytes, digest };
}

export function uploadFile(request: FakeRequest, rules: FakeRules): Answer {
  checkAddress(request, rules);
  const bucket = rules.store.bucket(request.id);
  const name = checkName(request.key);
  checkRights(rules, { bucket: bucket.name, name, capability: 'writeFiles' });
  const info = checkInfo(
    Object.fromEntries(
      Object.entries(request.headers)
        .filter(([header]) => header.startsWith('x-bz-info-'))
        .map(([header, value]) => [
          header.slice('x-bz-info-'.length),
          decodeURIComponent(value.replaceAll('+', '%20')),
        ]),
    ),
  );
  const { bytes, digest } = received(request);
  const type = request.headers['content-type'] ?? 'b2/x-auto';
  const file = {
    name,
    action: 'upload',
    contentType: type === 'b2/x-auto' ? 'application/octet-stream' : type,
    info,
    bytes,
    sha1: digest,
    md5: rules.reportsMd5 ? md5(bytes) : null,
    encryption: encryptionIn(request.headers),
    parts: new Map(),
  } as const;
  return json(described(rules.store.add(bucket, file)));
}

/** https://www.backblaze.com/docs/cloud-storage-server-side-encryption */
function encryptionIn(headers: FakeRequest['headers']): string | undefined {
  const algorithm = headers['x-bz-server-side-encryption'];
  if (algorithm !== undefined && algorithm !== 'AES256') throw new Refusal(400, 'bad_request');
  return algorithm && 'SSE-B2';
}

export function startLargeFile(asked: Parameters, rules: FakeRules): Answer {
  const bucket = rules.store.bucket(asked['bucketId']);
  const name = checkName(asked['fileName']);
  checkRights(rules, { bucket: bucket.name, name, capability: 'writeFiles' });
  const file = {
    name,
    action: 'start',
    contentType: String(asked['contentType']),
    info: checkInfo(asked['fileInfo']),
    bytes: Buffer.alloc(0),
    sha1: 'none',
    md5: null,
    encryption: modeOf(asked['serverSideEncryption']),
    parts: new Map(),
  } as const;
  return json(described(rules.store.add(bucket, file)));
}

function started(fileId: unknown, rules: FakeRules): StoredFile {
  const file = rules.store.file(fileId);
  if (file?.action !== 'start') throw new Refusal(400, 'bad_request', 'No active upload for it');
  return file;
}

function numberOf(text: unknown): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    throw new Refusal(400, 'bad_request', 'the part number is bad');
  return number;
}

const partOf = (fileId: string, number: number, bytes: Buffer, digest: string) => ({
  fileId,
  partNumber: number,
  contentLength: bytes.byteLength,
  contentSha1: digest,
  contentMd5: null,
});

export function uploadPart(request: FakeRequest, rules: FakeRules): Answer {
  checkAddress(request, rules);
  const file = started(request.id, rules);
  const number = numberOf(request.headers['x-bz-part-number']);
  const { bytes, digest } = received(request);
  if (bytes.byteLength < 1) throw new Refusal(400, 'bad_request', 'the part is empty');
  file.parts.set(number, { bytes, sha1: digest });
  return json(partOf(file.id, number, bytes, digest));
}

export function copyPart(asked: Parameters, rules: FakeRules): Answer {
  const source = rules.store.file(asked['sourceFileId']);
  if (source?.action !== 'upload') throw new Refusal(400, 'file_not_present');
  const file = started(asked['largeFileId'], rules);
  const number = numberOf(asked['partNumber']);
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(String(asked['range'])) ?? [];
  const bytes = source.bytes.subarray(Number(from), to === '' ? undefined : Number(to) + 1);
  file.parts.set(number, { bytes, sha1: sha1(bytes) });
  return json(partOf(file.id, number, bytes, sha1(bytes)));
}

export function listParts(asked: Parameters, rules: FakeRules): Answer {
  const file = started(asked['fileId'], rules);
  const { startPartNumber = 1, maxPartCount = 100 } = asked;
  const all = [...file.parts]
    .filter(([number]) => number >= Number(startPartNumber))
    .sort(([a], [b]) => a - b);
  const limit = Math.min(Number(maxPartCount), 1000, rules.pageLimit);
  const parts = all
    .slice(0, limit)
    .map(([number, { bytes, sha1: digest }]) => partOf(file.id, number, bytes, digest));
  return json({ parts, nextPartNumber: all[limit]?.[0] ?? null });
}

export function listUnfinished(asked: Parameters, rules: FakeRules): Answer {
  const { bucketId, namePrefix = '', startFileId, maxFileCount = 100 } = asked;
  const bucket = rules.store.bucket(bucketId);
  const all = bucket.files.filter(
    ({ action, name, id }) =>
      action === 'start' &&
      name.startsWith(String(namePrefix)) &&
      (startFileId === undefined || id >= String(startFileId)),
  );
  const limit = Math.min(Number(maxFileCount), 100, rules.pageLimit);
  const files = all.slice(0, limit).map(({ bytes: _, ...file }) => {
    const { contentLength: __, ...listed } = described({ ...file, bytes: Buffer.alloc(0) });
    return listed;
  });
  return json({ files, nextFileId: all[limit]?.id ?? null });
}

export function finishLargeFile(asked: Parameters, rules: FakeRules): Answer {
  const file = started(asked['fileId'], rules);
  const sha1s = asked['partSha1Array'] as readonly string[];
  if (sha1s.length < 2)
    throw new Refusal(400, 'bad_request', 'large files must have at least 2 parts');
  const parts = sha1s.map((digest, at) => {
    const part = file.parts.get(at + 1);
    if (part === undefined) throw new Refusal(400, 'missing_part');
    if (part.sha1 !== digest) throw new Refusal(400, 'part_sha1_mismatch');
    if (part.bytes.byteLength < rules.smallestPart && at < sha1s.length - 1)
      throw new Refusal(400, 'bad_request', 'part size is too small');
    return part.bytes;
  });
  if (file.parts.size !== parts.length)
    throw new Refusal(400, 'bad_request', 'there are more parts');
  const finished: StoredFile = {
    ...file,
    action: 'upload',
    bytes: Buffer.concat(parts),
    parts: new Map(),
  };
  rules.store.replace(file, finished);
  return json(described(finished));
}

export function cancelLargeFile(asked: Parameters, rules: FakeRules): Answer {
  const file = started(asked['fileId'], rules);
  rules.store.remove(file);
  const { id: fileId, name: fileName, bucket } = file;
  return json({ fileId, fileName, bucketId: bucket.id, accountId: ACCOUNT });
}
