import type { HttpHeaders } from '../http/exchange.js';
import type { SubRequest } from './client.js';

// https://learn.microsoft.com/rest/api/storageservices/blob-batch: multipart/mixed of requests, and of answers.

const END_OF_LINE = '\r\n';

/** The body of a batch of deletes. Content-ID: the place of each, from 0. */
export function writeBatch(boundary: string, deletes: readonly SubRequest[]): Buffer {
  const parts = deletes.map(({ path, headers }, at) =>
    [
      `--${boundary}`,
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      `Content-ID: ${at}`,
      '',
      `DELETE ${path} HTTP/1.1`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      'Content-Length: 0',
      '',
      '',
    ].join(END_OF_LINE),
  );
  return Buffer.from(`${parts.join('')}--${boundary}--${END_OF_LINE}`, 'utf8');
}

/** The answer to one request of a batch. */
export interface SubAnswer {
  /** Its place in the batch. */
  readonly at: number;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: HttpHeaders;
  readonly body: string;
}

/** The answers that say which request they are for; none when the body is no batch's. */
export function readBatch(contentType: string | undefined, text: string): readonly SubAnswer[] {
  const boundary = /;\s*boundary="?([^";]+)"?/i.exec(contentType ?? '')?.[1];
  if (boundary === undefined) return [];
  const pieces = text.split(`--${boundary}`);
  return pieces.slice(1, -1).flatMap((piece) => readPart(piece) ?? []);
}

function readPart(piece: string): SubAnswer | undefined {
  const [about, answer] = cut(piece.replace(/^\r?\n/, ''));
  const [head, body] = cut(answer);
  const [statusLine = '', ...lines] = head.split(/\r?\n/);
  const at = headersIn(about.split(/\r?\n/))['content-id'];
  const status = /^HTTP\/1\.\d (\d{3})\b/.exec(statusLine)?.[1];
  if (at === undefined || !/^\d+$/.test(at) || status === undefined) return undefined;
  return { at: Number(at), status: Number(status), headers: headersIn(lines), body: body.trim() };
}

/** What is before the first empty line, and what is after it. */
function cut(text: string): readonly [string, string] {
  const found = /\r?\n\r?\n/.exec(text);
  return found === null
    ? [text, '']
    : [text.slice(0, found.index), text.slice(found.index + found[0].length)];
}

function headersIn(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) headers[name.toLowerCase()] = (value ?? '').trim();
  }
  return headers;
}
