import type { Answer } from '../http-service.js';
import { ACCOUNT, checkRights, json } from './account.js';
import type { Fault } from './faults.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { byName, md5, Refusal, type StoredFile, sha1 } from './store.js';

type Parameters = Readonly<Record<string, unknown>>;

/** A file as B2's answers describe it; in listings of version 1 its size has another name. */
export function described(file: StoredFile, version?: string) {
  return {
    ...(version === 'v1' && { size: file.bytes.byteLength }),
    accountId: ACCOUNT,
    action: file.action,
    bucketId: file.bucket.id,
    contentLength: file.bytes.byteLength,
    contentMd5: file.md5,
    contentSha1: file.sha1,
    contentType: file.contentType,
    fileId: file.id,
    fileInfo: file.info,
    fileName: file.name,
    uploadTimestamp: file.uploadedAtMs,
  };
}

/** https://www.backblaze.com/docs/cloud-storage-files */
export function checkName(name: unknown): string {
  const text = String(name);
  const bytes = Buffer.byteLength(text);
  const isBad =
    bytes < 1 ||
    bytes > 1024 ||
    /[\x00-\x1f\x7f]|^\/|\/$|\/\//.test(text) ||
    text.split('/').some((segment) => Buffer.byteLength(segment) > 250);
  if (isBad) throw new Refusal(400, 'bad_request', 'the file name is bad');
  return text;
}

/** https://www.backblaze.com/docs/cloud-storage-add-file-information-with-the-native-api */
export function checkInfo(info: unknown): Readonly<Record<string, string>> {
  const pairs = Object.entries((info ?? {}) as Record<string, unknown>);
  const isBad = pairs.some(
    ([name, value]) =>
      !/^[A-Za-z0-9_.`~!#$%^&*'|+-]{1,50}$/.test(name) || typeof value !== 'string',
  );
  const bytes = pairs.reduce(
    (sum, [name, value]) => sum + 10 + name.length + encodeURIComponent(String(value)).length,
    0,
  );
  if (isBad || pairs.length > 10 || bytes > 7000)
    throw new Refusal(400, 'bad_request', 'the file info is bad');
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

export function listFileNames(
  asked: Parameters,
  rules: FakeRules,
  fault: Fault | undefined,
  { version }: Pick<FakeRequest, 'version'>,
): Answer {
  const { bucketId, startFileName = '', maxFileCount = 100, prefix = '', delimiter } = asked;
  const bucket = rules.store.bucket(bucketId);
  checkRights(rules, { bucket: bucket.name, name: String(prefix), capability: 'listFiles' });
  const start = fault?.kind === 'repeat-page' ? '' : String(startFileName ?? '');
  const names = [...new Set(bucket.files.map(({ name }) => name))].sort(byName);
  const entries: { readonly name: string; readonly entry: unknown }[] = [];
  for (const name of names) {
    if (!name.startsWith(String(prefix ?? '')) || byName(name, start) < 0) continue;
    const file = rules.store.visible(bucket, name);
    if (file === undefined) continue;
    const at = delimiter ? name.indexOf(String(delimiter), String(prefix).length) : -1;
    const folder = at < 0 ? undefined : name.slice(0, at + 1);
    if (folder === undefined) entries.push({ name, entry: described(file, version) });
    else if (entries.at(-1)?.name !== folder)
      entries.push({ name: folder, entry: { action: 'folder', fileName: folder, fileId: null } });
  }
  const limit = Math.min(Number(maxFileCount), 10_000, rules.pageLimit);
  const files = entries.slice(0, limit).map(({ entry }) => entry);
  return json({ files, nextFileName: entries[limit]?.name ?? null });
}

export function listFileVersions(
  asked: Parameters,
  rules: FakeRules,
  _: unknown,
  { version }: Pick<FakeRequest, 'version'>,
): Answer {
  const { bucketId, startFileName, startFileId, maxFileCount = 100, prefix = '' } = asked;
  const bucket = rules.store.bucket(bucketId);
  checkRights(rules, { bucket: bucket.name, name: String(prefix), capability: 'listFiles' });
  const all = rules.store
    .versions(bucket)
    .filter(({ name }) => name.startsWith(String(prefix ?? '')));
  const start = all.findIndex(({ name, id }) => {
    const order = byName(name, String(startFileName ?? ''));
    return order > 0 || (order === 0 && (!startFileId || id === startFileId));
  });
  const from = start < 0 ? [] : all.slice(start);
  const limit = Math.min(Number(maxFileCount), 10_000, rules.pageLimit);
  const next = from[limit];
  return json({
    files: from.slice(0, limit).map((file) => described(file, version)),
    nextFileName: next?.name ?? null,
    nextFileId: next?.id ?? null,
  });
}

export function getFileInfo({ fileId }: Parameters, rules: FakeRules): Answer {
  const file = rules.store.file(fileId);
  if (file === undefined) throw new Refusal(404, 'not_found');
  return json(described(file));
}

export function hideFile({ bucketId, fileName }: Parameters, rules: FakeRules): Answer {
  const bucket = rules.store.bucket(bucketId);
  const name = String(fileName);
  checkRights(rules, { bucket: bucket.name, name, capability: 'writeFiles' });
  const newest = bucket.files.findLast((file) => file.name === name && file.action !== 'start');
  if (newest === undefined) throw new Refusal(400, 'no_such_file');
  if (newest.action === 'hide') throw new Refusal(400, 'already_hidden');
  const marker = {
    name,
    action: 'hide',
    contentType: 'application/x-bz-hide-marker',
    info: {},
    bytes: Buffer.alloc(0),
    sha1: null,
    md5: null,
    parts: new Map(),
  } as const;
  return json(described(rules.store.add(bucket, marker)));
}

export function deleteFileVersion({ fileName, fileId }: Parameters, rules: FakeRules): Answer {
  const file = rules.store.file(fileId);
  if (file === undefined || file.name !== fileName) throw new Refusal(400, 'file_not_present');
  checkRights(rules, { bucket: file.bucket.name, name: file.name, capability: 'deleteFiles' });
  rules.store.remove(file);
  return json({ fileId, fileName });
}

/** Of the parameter of large files and copies. */
export function modeOf(encryption: unknown): string | undefined {
  if (encryption === undefined) return undefined;
  const { mode, algorithm } = encryption as Readonly<Record<string, unknown>>;
  if (mode !== 'SSE-B2' || algorithm !== 'AES256') throw new Refusal(400, 'bad_request');
  return mode;
}

export function copyFile(asked: Parameters, rules: FakeRules): Answer {
  const { sourceFileId, destinationBucketId, fileName, metadataDirective = 'COPY' } = asked;
  const source = rules.store.file(sourceFileId);
  if (source?.action !== 'upload') throw new Refusal(400, 'file_not_present');
  const bucket = destinationBucketId ? rules.store.bucket(destinationBucketId) : source.bucket;
  const name = checkName(fileName);
  checkRights(rules, { bucket: bucket.name, name, capability: 'writeFiles' });
  const replaces = metadataDirective === 'REPLACE';
  if (!replaces && (asked['contentType'] !== undefined || asked['fileInfo'] !== undefined))
    throw new Refusal(400, 'bad_request');
  const bytes = source.bytes;
  const isLarge = source.sha1 === 'none';
  const copy = {
    name,
    action: 'upload',
    contentType: replaces ? String(asked['contentType']) : source.contentType,
    info: replaces ? checkInfo(asked['fileInfo']) : source.info,
    bytes,
    sha1: isLarge ? 'none' : sha1(bytes),
    md5: isLarge || !rules.reportsMd5 ? null : md5(bytes),
    encryption: modeOf(asked['destinationServerSideEncryption']),
    parts: new Map(),
  } as const;
  return json(described(rules.store.add(bucket, copy)));
}
