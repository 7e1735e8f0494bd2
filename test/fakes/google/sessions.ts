import type { Answer } from '../http-service.js';
import { json } from './answer.js';
import type { Fault } from './faults.js';
import { checkKey, conditionsOf, hashHeader, refuseOtherDigest } from './objects.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { type Conditions, type Fields, idOf, Refusal, resourceOf, settable } from './store.js';

/** An upload that can be resumed: https://cloud.google.com/storage/docs/performing-resumable-uploads */
export interface Session {
  readonly bucket: string;
  readonly key: string;
  readonly resource: Fields;
  readonly conditions: Conditions;
  readonly fields: string | undefined;
  readonly beganMs: number;
  /** By X-Upload-Content-Length. */
  readonly announced: number | undefined;
  persisted: Buffer;
  /** The answer to its last request, once the object is there. */
  done: Answer | undefined;
}

const QUANTUM = 256 * 1024;
const WEEK_MS = 7 * 86_400_000;

export function beginSession(request: FakeRequest, rules: FakeRules): Answer {
  const { query, headers, bucket = '', body } = request;
  rules.store.bucket(bucket);
  const resource = body.byteLength === 0 ? {} : (JSON.parse(body.toString('utf8')) as Fields);
  const key = checkKey(query.get('name') ?? resource['name']);
  const announced = headers['x-upload-content-length'];
  const type = headers['x-upload-content-type'];
  rules.sessions.push({
    bucket,
    key,
    resource: { ...(type !== undefined && { contentType: type }), ...resource },
    conditions: conditionsOf(request),
    fields: query.get('fields'),
    beganMs: rules.nowMs(),
    announced: announced === undefined ? undefined : Number(announced),
    persisted: Buffer.alloc(0),
    done: undefined,
  });
  // Under the name that it was asked under: a proxy in front stays in front.
  const location = `http://${headers['host']}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&upload_id=session-${idOf(rules.sessions.length)}`;
  return { status: 200, headers: { location } };
}

function sessionOf({ query }: FakeRequest, { sessions, nowMs }: FakeRules): Session {
  const id = query.get('upload_id') ?? '';
  const session = sessions[Number(id.replace('session-', '')) - 1];
  if (session === undefined) throw new Refusal(404, 'notFound', 'No such session.');
  if (nowMs() - session.beganMs > WEEK_MS) throw new Refusal(410, 'gone', 'The session has ended.');
  return session;
}

/** Some of the object, all that is left of it, or none: then the question is how much is there. */
export function continueSession(
  request: FakeRequest,
  rules: FakeRules,
  fault: Fault | undefined,
): Answer {
  const session = sessionOf(request, rules);
  if (session.done !== undefined) return session.done;
  const { headers, body } = request;
  const { first, total } = rangeIn(headers['content-range'], body.byteLength);
  if (total !== undefined && session.announced !== undefined && total !== session.announced)
    throw new Refusal(400, 'invalid', 'The total is not what was announced.');
  const kept = fault?.kind === 'keep-then-refuse' ? body.subarray(0, fault.bytes) : body;
  if (first !== undefined) receive(session, first, kept, total);
  if (fault?.kind === 'keep-then-refuse') throw new Refusal(fault.status, 'backendError');
  if (total === undefined || session.persisted.byteLength < total)
    return incomplete(session, request);
  return finish(session, request, rules);
}

interface SentRange {
  /** Undefined: no bytes come along. */
  readonly first: number | undefined;
  /** Undefined: not known yet. */
  readonly total: number | undefined;
}

function rangeIn(header: string | undefined, bytes: number): SentRange {
  if (header === undefined) return { first: 0, total: bytes };
  const [, from, to, total] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(header) ?? [];
  if (total === undefined) throw new Refusal(400, 'invalid', 'Malformed Content-Range.');
  if (from !== undefined && Number(to) - Number(from) + 1 !== bytes)
    throw new Refusal(400, 'invalid', 'Content-Range does not fit the body.');
  return {
    first: from === undefined ? undefined : Number(from),
    total: total === '*' ? undefined : Number(total),
  };
}

/** Bytes that are there already are passed over; only whole quanta stay, but for the end of the object. */
function receive(session: Session, first: number, bytes: Buffer, total: number | undefined): void {
  const there = session.persisted.byteLength;
  if (first > there) throw new Refusal(400, 'invalid', 'There is a gap before these bytes.');
  const all = Buffer.concat([
    session.persisted,
    bytes.subarray(Math.min(there - first, bytes.byteLength)),
  ]);
  const isEnd = total !== undefined && all.byteLength >= total;
  session.persisted = isEnd ? all : all.subarray(0, all.byteLength - (all.byteLength % QUANTUM));
}

/** Without a byte there is no Range header. */
function incomplete({ persisted }: Session, { headers }: FakeRequest): Answer {
  const range = persisted.byteLength === 0 ? {} : { range: `bytes=0-${persisted.byteLength - 1}` };
  // For HTTP libraries that would take 308 for a redirect.
  return headers['x-guploader-no-308'] === undefined
    ? { status: 308, headers: range }
    : { status: 200, headers: { ...range, 'x-http-status-code-override': '308' } };
}

function finish(session: Session, { headers }: FakeRequest, rules: FakeRules): Answer {
  const { bucket, key, resource, conditions, persisted, fields } = session;
  refuseOtherDigest({ ...resource, ...hashHeader(headers['x-goog-hash']) }, persisted);
  rules.limitWrites(bucket, key);
  const stored = rules.store.put(
    bucket,
    { key, bytes: persisted, described: settable(resource), components: undefined },
    conditions,
  );
  session.done = json(resourceOf(bucket, stored), fields);
  return session.done;
}

/** 499, as if the client had gone away. */
export function cancelSession(request: FakeRequest, rules: FakeRules): Answer {
  const session = sessionOf(request, rules);
  rules.sessions[rules.sessions.indexOf(session)] = undefined;
  return { status: 499 };
}
