import type { Answer } from '../http-service.js';
import { refusalOf } from './answer.js';
import type { Fault } from './faults.js';
import { type FakeRequest, requestOf } from './request.js';

const MOST_CALLS = 100;

/** https://cloud.google.com/storage/docs/batch: each call has its own answer, with the id of its part. */
export function answerBatch(
  { headers, body }: FakeRequest,
  fault: Fault | undefined,
  perform: (request: FakeRequest) => Answer,
): Answer {
  const [, boundary = ''] = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '') ?? [];
  const parts = body.toString('utf8').split(`--${boundary}`).slice(1, -1);
  if (parts.length > MOST_CALLS)
    return refusalOf({ status: 400, reason: 'invalid', message: 'Too many calls.' }, false);
  const answers = parts.flatMap((part) => {
    const [, id = ''] = /content-id:\s*<([^>]+)>/i.exec(part) ?? [];
    const [, method = '', url = ''] = /\r\n(GET|DELETE) (\S+) HTTP\/1\.1/.exec(part) ?? [];
    const request = callOf(method, url);
    const { key = '' } = request;
    if (fault?.kind === 'omit-key' && fault.key === key) return [];
    const isRefused = fault?.kind === 'refuse-keys' && fault.keys.includes(key);
    const answer = isRefused
      ? refusalOf({ status: 403, reason: 'forbidden', message: 'As scripted.' }, false)
      : perform(request);
    return [partOf(id, answer)];
  });
  const edge = 'batch_of_the_fake';
  return {
    status: 200,
    headers: { 'content-type': `multipart/mixed; boundary=${edge}` },
    body: `${answers.map((answer) => `--${edge}\r\n${answer}`).join('')}--${edge}--\r\n`,
  };
}

function callOf(method: string, url: string): FakeRequest {
  const [rawPath = '/', rawQuery = ''] = url.split(/\?(.*)/s, 2);
  const query = new Map([...new URLSearchParams(rawQuery)]);
  return requestOf({ method, rawPath, rawQuery, query, headers: {} }, Buffer.alloc(0));
}

function partOf(id: string, { status, body = '' }: Answer): string {
  const text = body.toString();
  return [
    'Content-Type: application/http',
    `Content-ID: <response-${id}>`,
    '',
    `HTTP/1.1 ${status} Answered`,
    'Content-Type: application/json; charset=UTF-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    '',
    text,
    '',
  ].join('\r\n');
}
