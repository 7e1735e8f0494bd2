import type { AnswerRule, BodyRule, Protocol } from '../http/answer-rules.js';
import { SWIFT } from './errors.js';

// What each operation answers: https://docs.openstack.org/api-ref/object-store/

/** Swift's and Ceph's proxies send a transaction id with every answer, refusals included; Oracle's service one of its own. */
const MARK =
  /^(?:x-trans-id|x-openstack-request-id|opc-request-id|x-timestamp|x-account-[a-z-]+|x-container-[a-z-]+|x-cdn-[a-z-]+)$/;
const MD5_FORM = /^"?[0-9a-f]{32}"?$/i;

export const SWIFT_PROTOCOL: Protocol = {
  driver: SWIFT,
  name: 'Swift',
  isMarked(headers) {
    for (const name in headers) if (MARK.test(name)) return true;
    return MD5_FORM.test(headers['etag'] ?? '');
  },
  isRefusal: () => false,
};

/** A JSON list. Only its beginning is checked here. 204 is an account or a container without entries. */
const jsonList: BodyRule = ({ status, body }) => {
  if (status === 204) return undefined;
  return /^\s*\[/.test(body) ? undefined : 'the body is not a JSON list';
};

/** `/info`, which Ceph answers without a header of Swift. */
const jsonObject: BodyRule = ({ body }) =>
  /^\s*\{/.test(body) ? undefined : 'the body is not a JSON object';

/** 202: another writer's object is younger, so this one was dropped, and has no ETag. */
const storedOrDropped: BodyRule = ({ status, headers }) => {
  const { etag } = headers;
  if (status === 202) return undefined;
  if (etag === undefined || etag === '') return 'no etag';
  return MD5_FORM.test(etag) ? undefined : `etag ${JSON.stringify(etag.slice(0, 60))}`;
};

const written: AnswerRule = { statuses: [201, 202], body: storedOrDropped };
const read: AnswerRule = { statuses: [200, 206] };
const changed: AnswerRule = { statuses: [200, 201, 202, 204] };
const gone: AnswerRule = { statuses: [204, 200] };
const list: AnswerRule = { statuses: [200, 204], body: jsonList };

export const SWIFT_ANSWERS = {
  getAccount: list,
  postAccount: changed,
  getContainer: list,
  putContainer: { statuses: [201, 202] },
  postContainer: changed,
  deleteContainer: gone,
  putObject: written,
  putManifest: written,
  copyObject: written,
  headObject: read,
  getObject: read,
  getManifest: read,
  postObject: changed,
  deleteObject: gone,
  bulkDelete: changed,
  cdn: changed,
  info: { statuses: [200], unmarked: [200], body: jsonObject },
} as const satisfies Readonly<Record<string, AnswerRule>>;

export type SwiftOperation = keyof typeof SWIFT_ANSWERS;
