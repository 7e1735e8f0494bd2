import { parseTime } from '../../clock.js';
import type { AnswerHead } from '../http/provider-client.js';
import { withoutStop } from '../http/refusal.js';
import { retryAfterMs } from '../http/retry-after.js';
import { memberOf, textOf } from './auth/members.js';
import type { GoogleFailure } from './errors.js';

const LONGEST_MESSAGE = 300;

/**
 * https://cloud.google.com/storage/docs/json_api/v1/status-codes: `{"error":{"errors":[{"reason":…}],"message":…}}`; of the XML API
 * `<Error><Code>…</Code><Message>…</Message></Error>`; front ends answer in HTML or plain text.
 */
export function readFailure(
  { status, headers }: AnswerHead,
  body: string,
  nowMs: number,
): GoogleFailure {
  const { reason, message } = fromJson(body) ?? fromXml(body) ?? { reason: '', message: body };
  const date = headers['date'] === undefined ? undefined : parseTime(headers['date']);
  return {
    status,
    reason,
    message: withoutStop(oneLine(message)),
    requestId: headers['x-guploader-uploadid'],
    retryAfterMs: retryAfterMs(headers['retry-after'], date ?? nowMs),
  };
}

type Said = Pick<GoogleFailure, 'reason' | 'message'>;

/** Undefined: the text is no error document of the JSON API. */
export function fromJson(text: string): Said | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const error = memberOf(JSON.parse(text), 'error');
    const reason = textOf(memberOf(error, 'errors', 0), 'reason') ?? textOf(error, 'status') ?? '';
    return error === undefined ? undefined : { reason, message: textOf(error, 'message') ?? '' };
  } catch {
    return undefined;
  }
}

/** Undefined: the text is no error document of the XML API. */
export function fromXml(text: string): Said | undefined {
  if (!/^\s*(?:<\?xml[^>]*\?>\s*)?<Error[\s>]/.test(text)) return undefined;
  const [, reason = ''] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
  const [, message = ''] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
  const [, details = ''] = /<Details>([^<]*)<\/Details>/.exec(text) ?? [];
  return { reason, message: details === '' ? message : `${message} ${details}` };
}

function oneLine(text: string): string {
  const line = text
    .slice(0, 10 * LONGEST_MESSAGE)
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\x00-\x1f\x7f]+/g, ' ')
    .trim();
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}
