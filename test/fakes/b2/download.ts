import type { Answer } from '../http-service.js';
import { checkRights, checkToken, json } from './account.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { Refusal, type StoredFile } from './store.js';

export function getDownloadAuthorization(
  { bucketId, fileNamePrefix, validDurationInSeconds }: Readonly<Record<string, unknown>>,
  rules: FakeRules,
): Answer {
  const seconds = Number(validDurationInSeconds);
  if (!(seconds >= 1 && seconds <= 604_800)) throw new Refusal(400, 'bad_request');
  const { id, name } = rules.store.bucket(bucketId);
  const token = `download-token/${rules.downloads.size}=`;
  rules.downloads.set(token, { bucket: name, prefix: String(fileNamePrefix) });
  return json({ bucketId: id, fileNamePrefix, authorizationToken: token });
}

export function downloadFile(request: FakeRequest, rules: FakeRules): Answer {
  const file = fileOf(request, rules);
  checkReader(
    request,
    rules,
    request.container ?? file?.bucket.name ?? '',
    request.key ?? file?.name ?? '',
  );
  if (file === undefined) throw new Refusal(404, 'not_found');
  const headers = headersOf(file);
  const [, from, to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers['range'] ?? '') ?? [];
  if (from === undefined) return { status: 200, headers, body: file.bytes };
  const size = file.bytes.byteLength;
  if (Number(from) >= size) throw new Refusal(416, 'range_not_satisfiable');
  const body = file.bytes.subarray(Number(from), to === '' ? undefined : Number(to) + 1);
  const range = `bytes ${from}-${Number(from) + body.byteLength - 1}/${size}`;
  return { status: 206, headers: { ...headers, 'content-range': range }, body };
}

function fileOf({ id, container, key }: FakeRequest, { store }: FakeRules): StoredFile | undefined {
  if (id !== undefined) {
    const file = store.file(id);
    return file?.action === 'upload' ? file : undefined;
  }
  const bucket = store.buckets.get(container ?? '');
  return bucket && store.visible(bucket, key ?? '');
}

/** A public bucket's files are for everybody; others need the account's token, or one for a prefix. */
function checkReader(request: FakeRequest, rules: FakeRules, bucket: string, name: string): void {
  if (rules.store.buckets.get(bucket)?.type === 'allPublic') return;
  const granted = rules.downloads.get(request.query.get('Authorization') ?? '');
  if (granted !== undefined && granted.bucket === bucket && name.startsWith(granted.prefix)) return;
  checkToken(request, rules);
  checkRights(rules, { bucket, name, capability: 'readFiles' });
}

const encoded = (text: string) => text.split('/').map(encodeURIComponent).join('/');

function headersOf(file: StoredFile): Record<string, string> {
  const info = Object.entries(file.info).map(
    ([name, value]) => [`x-bz-info-${name}`, encodeURIComponent(value)] as const,
  );
  return {
    'content-type': file.contentType,
    'accept-ranges': 'bytes',
    'x-bz-file-id': file.id,
    'x-bz-file-name': encoded(file.name),
    'x-bz-content-sha1': file.sha1 ?? 'none',
    'x-bz-upload-timestamp': String(file.uploadedAtMs),
    ...Object.fromEntries(info),
  };
}
