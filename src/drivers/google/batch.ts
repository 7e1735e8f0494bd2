import { randomUUID } from 'node:crypto';
import type { Call } from '../call.js';
import type { HttpHeaders } from '../http/exchange.js';
import { type GoogleContext, SLOW_ANSWER_MS } from './context.js';

/** Calls in one request: https://cloud.google.com/storage/docs/batch */
export const MOST_CALLS = 100;

export interface InnerRequest {
  readonly method: 'GET' | 'DELETE';
  /** With its query. */
  readonly path: string;
}

export interface InnerAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: string;
}

/**
 * Several calls in one request, `multipart/mixed`. Resolves with the answer to each in its place, recognised by its Content-ID;
 * undefined: the answer to this one is missing.
 */
export function sendBatch({ client, settings }: GoogleContext) {
  const payer =
    settings.user_project === undefined
      ? ''
      : `userProject=${encodeURIComponent(settings.user_project)}`;

  return async (
    container: string,
    requests: readonly InnerRequest[],
    call: Call,
  ): Promise<readonly (InnerAnswer | undefined)[]> => {
    const id = randomUUID();
    const boundary = `longshore-${id}`;
    const parts = requests.map(({ method, path }, at) => {
      const paid = payer === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${payer}`;
      return [
        `--${boundary}`,
        'Content-Type: application/http',
        'Content-Transfer-Encoding: binary',
        `Content-ID: <${id}+${at}>`,
        '',
        `${method} ${paid} HTTP/1.1`,
        '',
        '',
      ].join('\r\n');
    });
    const { headers, body } = await client.request(
      {
        method: 'POST',
        operation: 'batch',
        action: 'delete several objects',
        container,
        path: '/batch/storage/v1',
        headers: { 'content-type': `multipart/mixed; boundary=${boundary}` },
        body: Buffer.from(`${parts.join('')}--${boundary}--\r\n`),
        answerWithinMs: SLOW_ANSWER_MS,
      },
      call,
    );
    const answers = new Array<InnerAnswer | undefined>(requests.length).fill(undefined);
    for (const part of partsOf(headers['content-type'] ?? '', body.toString('utf8'))) {
      const [, given, at = ''] = /<response-(.+)\+(\d+)>/.exec(part.id) ?? [];
      if (given === id && Number(at) < answers.length) answers[Number(at)] = part.answer;
    }
    return answers;
  };
}

interface AnswerPart {
  readonly id: string;
  readonly answer: InnerAnswer;
}

/** A part that was cut short, or is no answer, is skipped. */
function partsOf(contentType: string, text: string): readonly AnswerPart[] {
  const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) return [];
  // What is behind the last boundary is either the end of the document or a part that was cut short.
  const pieces = text.split(`--${boundary}`).slice(1, -1);
  return pieces.flatMap((piece) => partIn(piece) ?? []);
}

function partIn(piece: string): AnswerPart | undefined {
  const [head = '', http = ''] = cut(piece.trimStart());
  const [lines = '', body = ''] = cut(http);
  const [, status] = /^HTTP\/\d(?:\.\d)? (\d{3})/.exec(lines) ?? [];
  const id = headersIn(head)['content-id'];
  if (status === undefined || id === undefined) return undefined;
  return { id, answer: { status: Number(status), headers: headersIn(lines), body: body.trim() } };
}

/** What is before and behind the first empty line. */
function cut(text: string): readonly string[] {
  return text.split(/\r?\n\r?\n(.*)/s, 2);
}

function headersIn(lines: string): HttpHeaders {
  const headers: Record<string, string> = {};
  for (const line of lines.split(/\r?\n/)) {
    const [, name, value = ''] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) headers[name.toLowerCase()] = value.trim();
  }
  return headers;
}
