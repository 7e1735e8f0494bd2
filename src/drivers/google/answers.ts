import type { AnswerRule, BodyRule, Protocol } from '../http/answer-rules.js';
import { GOOGLE } from './errors.js';
import { fromJson, fromXml } from './failure.js';

// What each operation answers: https://cloud.google.com/storage/docs/json_api/v1 and https://cloud.google.com/storage/docs/xml-api/overview

/** Headers that Google's front ends and the object itself bring; none of them comes from another web server. */
const MARK = /^(?:x-guploader-[a-z-]+|x-goog-[a-z0-9-]+)$/;

export const GOOGLE_PROTOCOL: Protocol = {
  driver: GOOGLE,
  name: 'Google Cloud Storage',
  isMarked(headers) {
    for (const name in headers) if (MARK.test(name)) return true;
    return headers['server'] === 'UploadServer';
  },
  isRefusal: (body) => fromJson(body) !== undefined || fromXml(body) !== undefined,
};

/** Only the beginning is checked here: the readers of documents check the rest. */
const document =
  (kind: string): BodyRule =>
  ({ body }) =>
    new RegExp(`^\\s*\\{[^]*"kind":\\s*"${kind}"`).test(body)
      ? undefined
      : `the body is not a JSON document of the kind ${kind}`;

const xml =
  (root: string): BodyRule =>
  ({ body }) =>
    new RegExp(`^\\s*(?:<\\?xml[^>]*\\?>\\s*)?<${root}[\\s/>]`).test(body)
      ? undefined
      : `the body is not an XML document ${root}`;

/** Documents prove themselves, whatever the headers: emulators send few of them. */
const json = (kind: string): AnswerRule => ({
  statuses: [200],
  unmarked: [200],
  body: document(kind),
});

const gone: AnswerRule = { statuses: [204] };

export const GOOGLE_ANSWERS = {
  listBuckets: json('storage#buckets'),
  getBucket: json('storage#bucket'),
  createBucket: json('storage#bucket'),
  deleteBucket: gone,
  listObjects: json('storage#objects'),
  getMetadata: json('storage#object'),
  putObject: json('storage#object'),
  patchObject: json('storage#object'),
  rewriteObject: json('storage#rewriteResponse'),
  getObject: { statuses: [200, 206] },
  deleteObject: gone,
  batch: { statuses: [200], headers: { 'content-type': /^multipart\/mixed/i }, unmarked: [200] },
  beginSession: {
    statuses: [200, 201],
    headers: { location: /[?&]upload_id=/ },
    unmarked: [200, 201],
  },
  /** 308 is no success and is accepted by name. */
  continueSession: json('storage#object'),
  createUpload: { statuses: [200], body: xml('InitiateMultipartUploadResult') },
  putPart: { statuses: [200], headers: { etag: /^"?[0-9a-f]{32}"?$/i } },
  listParts: { statuses: [200], body: xml('ListPartsResult') },
  listUploads: { statuses: [200], body: xml('ListMultipartUploadsResult') },
  completeUpload: { statuses: [200], body: xml('CompleteMultipartUploadResult') },
  abortUpload: gone,
} as const satisfies Readonly<Record<string, AnswerRule>>;

export type GoogleOperation = keyof typeof GOOGLE_ANSWERS;
