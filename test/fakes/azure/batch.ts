import type { Answer } from '../http-service.js';
import { deleteBlob } from './blobs.js';
import type { Fault } from './faults.js';
import { checkAccess } from './identity.js';
import { ACCOUNT, type FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { Refusal } from './store.js';

const MOST_PARTS = 256;
const BOUNDARY = 'batchresponse_of-the-fake';

/** https://learn.microsoft.com/rest/api/storageservices/blob-batch: each request proves itself. */
export function batch(request: FakeRequest, rules: FakeRules, fault: Fault | undefined): Answer {
  rules.store.container(request.container);
  if (!rules.hasBatch) throw new Refusal(501, 'NotImplemented');
  const boundary = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) throw new Refusal(400, 'InvalidHeaderValue');
  const parts = request.body.toString().split(`--${boundary}`).slice(1, -1);
  if (parts.length > MOST_PARTS) throw new Refusal(400, 'ExceedsMaxBatchRequestCount');
  const answers = parts.map((part, at) => answerTo(part, at, request, rules, fault));
  return {
    status: 202,
    headers: { 'content-type': `multipart/mixed; boundary=${BOUNDARY}` },
    body: `${answers.join('')}--${BOUNDARY}--`,
  };
}

function answerTo(
  part: string,
  at: number,
  outer: FakeRequest,
  rules: FakeRules,
  fault: Fault | undefined,
): string {
  const [, id = ''] = /Content-ID: (\d+)/.exec(part) ?? [];
  const [, target = '', headerLines = ''] =
    /DELETE (\S+) HTTP\/1\.1\r\n(.*?)\r\n\r\n/s.exec(part) ?? [];
  const [rawPath = '', rawQuery = ''] = target.split(/\?(.*)/s, 2);
  const [container, key = ''] = rawPath
    .slice(ACCOUNT.length + 2)
    .split(/\/(.*)/s, 2)
    .map(decodeURIComponent);
  if (fault?.kind === 'omit-key' && fault.key === key) return '';
  const refused = fault?.kind === 'refuse-keys' ? fault.codes[key] : undefined;
  const headers = Object.fromEntries(
    headerLines.split('\r\n').map((line) => {
      const [name = '', value = ''] = line.split(/: (.*)/s, 2);
      return [name.toLowerCase(), value];
    }),
  );
  const query = new Map(new URLSearchParams(rawQuery));
  const request = {
    ...outer,
    method: 'DELETE',
    operation: 'DeleteBlob',
    rawPath,
    rawQuery,
    query,
    container,
    key,
    headers,
  } as const;
  try {
    if (container !== outer.container) throw new Refusal(400, 'InvalidInput');
    if (refused !== undefined) throw new Refusal(403, refused);
    // Inside there is no version: that of the outer request counts.
    checkAccess(request, rules, true);
    deleteBlob(request, rules);
    return partOf(id, at, '202 Accepted', '', '');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${error.code}</Code><Message>As scripted.\nRequestId:x</Message></Error>`;
    return partOf(id, at, `${error.status} Refused`, `x-ms-error-code: ${error.code}\r\n`, body);
  }
}

function partOf(id: string, at: number, status: string, more: string, body: string): string {
  return `--${BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: ${id}\r\n\r\nHTTP/1.1 ${status}\r\n${more}x-ms-request-id: in-batch-${at}\r\nContent-Length: ${body.length}\r\n\r\n${body}\r\n`;
}
