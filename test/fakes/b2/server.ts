import { type Answer, type HttpService, startService } from '../http-service.js';
import { authorize, checkToken, type KeyLimits } from './account.js';
import { createBucket, deleteBucket, listBuckets } from './buckets.js';
import { downloadFile, getDownloadAuthorization } from './download.js';
import type { Fault, OwnFault } from './faults.js';
import {
  copyFile,
  deleteFileVersion,
  getFileInfo,
  hideFile,
  listFileNames,
  listFileVersions,
} from './files.js';
import { type FakeRequest, type Operation, parseRequest } from './request.js';
import { createStore, Refusal, type Store } from './store.js';
import {
  beginUpload,
  cancelLargeFile,
  copyPart,
  finishLargeFile,
  getUploadPartUrl,
  getUploadUrl,
  listParts,
  listUnfinished,
  startLargeFile,
  uploadFile,
  uploadPart,
} from './uploads.js';

/** How this B2 behaves; tests change it while it runs. */
export interface FakeRules {
  readonly store: Store;
  /** Tokens of the account, and how many calls each is good for. */
  readonly tokens: Map<string, number>;
  readonly issued: string[];
  /** By path. */
  readonly uploadTokens: Map<string, string>;
  /** How many uploads are under way at each address. One that was broken off stays counted. */
  readonly busy: Map<string, number>;
  readonly downloads: Map<string, { readonly bucket: string; readonly prefix: string }>;
  addresses: number;
  uploads: number;
  bucketsMade: number;
  pageLimit: number;
  /** Bytes of a part that is not the last. */
  smallestPart: number;
  /** Whether answers have the MD5 of what was sent whole; B2 calls it optional. */
  reportsMd5: boolean;
  limits: KeyLimits;
  /** Every call meets this cap, but an authorisation. */
  cap: string | undefined;
}

export interface FakeB2 extends HttpService<Operation, FakeRequest, Fault> {
  readonly rules: FakeRules;
}

type Handler = (
  parameters: Readonly<Record<string, unknown>>,
  rules: FakeRules,
  fault: Fault | undefined,
  request: FakeRequest,
) => Answer;

const CALLS: Readonly<Partial<Record<Operation, Handler>>> = {
  b2_list_buckets: listBuckets,
  b2_create_bucket: createBucket,
  b2_delete_bucket: deleteBucket,
  b2_list_file_names: listFileNames,
  b2_list_file_versions: listFileVersions,
  b2_get_file_info: getFileInfo,
  b2_get_upload_url: getUploadUrl,
  b2_hide_file: hideFile,
  b2_delete_file_version: deleteFileVersion,
  b2_copy_file: copyFile,
  b2_start_large_file: startLargeFile,
  b2_get_upload_part_url: getUploadPartUrl,
  b2_copy_part: copyPart,
  b2_list_parts: listParts,
  b2_list_unfinished_large_files: listUnfinished,
  b2_finish_large_file: finishLargeFile,
  b2_cancel_large_file: cancelLargeFile,
  b2_get_download_authorization: getDownloadAuthorization,
};

function perform(request: FakeRequest, rules: FakeRules, fault: Fault | undefined): Answer {
  const { operation } = request;
  if (operation === 'b2_authorize_account') return authorize(request, rules);
  if (rules.cap !== undefined) throw new Refusal(403, rules.cap);
  if (operation === 'b2_upload_file') return uploadFile(request, rules);
  if (operation === 'b2_upload_part') return uploadPart(request, rules);
  if (operation === 'b2_download_file') return downloadFile(request, rules);
  checkToken(request, rules);
  const call = CALLS[operation];
  if (call === undefined) throw new Refusal(404, 'not_found');
  return call(parametersOf(request), rules, fault, request);
}

function parametersOf({ method, body, query }: FakeRequest): Readonly<Record<string, unknown>> {
  if (method === 'GET') return Object.fromEntries(query);
  try {
    return JSON.parse(body.toString()) as Record<string, unknown>;
  } catch {
    throw new Refusal(400, 'bad_json');
  }
}

type Changeable = 'pageLimit' | 'smallestPart' | 'reportsMd5' | 'limits' | 'cap';

/** Backblaze B2 on loopback: its native API, versions 1 to 4. It believes nothing: tokens, addresses and digests are checked. */
export async function startFakeB2(
  changes: Partial<Pick<FakeRules, Changeable>> = {},
): Promise<FakeB2> {
  const rules: FakeRules = {
    store: createStore(() => Date.now()),
    tokens: new Map(),
    issued: [],
    uploadTokens: new Map(),
    busy: new Map(),
    downloads: new Map(),
    addresses: 0,
    uploads: 0,
    bucketsMade: 0,
    pageLimit: 10_000,
    smallestPart: 5_000_000,
    reportsMd5: true,
    limits: {},
    cap: undefined,
    ...changes,
  };
  const service = await startService<Operation, FakeRequest, OwnFault>({
    parse(message) {
      const request = parseRequest(message);
      beginUpload(request, rules);
      return request;
    },
    answer(request, fault) {
      const answer = answerTo(request, rules, fault);
      const underWay = rules.busy.get(request.rawPath);
      if (underWay !== undefined) rules.busy.set(request.rawPath, underWay - 1);
      return answer;
    },
    spoil: (answer, { kind }) => (kind === 'wrong-etag' ? withOtherDigest(answer) : answer),
    marks: () => ({ 'cache-control': 'max-age=0, no-cache, no-store' }),
  });
  return { ...service, rules };
}

function withOtherDigest(answer: Answer): Answer {
  const body = String(answer.body ?? '');
  return {
    ...answer,
    body: body.replace(/"contentSha1":"[^"]*"/, `"contentSha1":"${'0'.repeat(40)}"`),
  };
}

function answerTo(request: FakeRequest, rules: FakeRules, fault: Fault | undefined): Answer {
  try {
    if (fault?.kind === 'refuse')
      return refusal(fault.status, fault.code, 'As scripted', fault.headers);
    return perform(request, rules, fault);
  } catch (error) {
    if (!(error instanceof Refusal)) return refusal(500, 'internal_error', String(error));
    return refusal(error.status, error.code, error.message);
  }
}

function refusal(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify({ status, code, message }),
  };
}
