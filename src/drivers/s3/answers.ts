import type { AnswerRule, BodyRule, Protocol } from '../http/answer-rules.js';
import type { HttpHeaders } from '../http/exchange.js';
import { parseXml, rootOf, textOf } from '../http/xml.js';
import { S3 } from './errors.js';

// What each S3 operation answers: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html

/** Headers that AWS and most others send with every answer, and Google Cloud Storage and Swift instead of them. */
const MARK = /^(?:x-amz-|x-goog-|x-guploader-uploadid$|x-rgw-|x-minio-|x-wasabi-|x-trans-id$)/;
const MD5_FORM = /^"?[0-9a-f]{32}(?:-\d+)?"?$/i;

export const S3_PROTOCOL: Protocol = {
  driver: S3,
  name: 'S3',
  /** An ETag of the form of an MD5 is proof as well: what other web servers send has another form. */
  isMarked(headers: HttpHeaders) {
    for (const name in headers) if (MARK.test(name)) return true;
    return MD5_FORM.test(headers['etag'] ?? '');
  },
  isRefusal: (body) => rootOf(body) === 'Error',
};

/** In quotes, or (as Ceph writes it in XML) without. */
const STRONG_ETAG = /^(?!W\/)"?[\x21\x23-\x7e]+"?$/;

/** A whole document of this root with these elements. `of`: the element that names the container, where there is one. */
function document(
  root: string,
  elements: Readonly<Record<string, RegExp>> = {},
  of?: string,
): BodyRule {
  return ({ body, headers }, { container }) => {
    const parsed = parseXml(body);
    if (parsed === undefined) return 'the body is not a whole XML document';
    if (parsed.root !== root) return `a ${parsed.root} document`;
    for (const [name, form] of Object.entries(elements)) {
      const value = textOf(parsed.element, name) || headers[name.toLowerCase()];
      if (!value) return `no ${name}`;
      if (!form.test(value)) return `${name} ${JSON.stringify(value.slice(0, 60))}`;
    }
    return of === undefined ? undefined : nameFlaw(textOf(parsed.element, of), container);
  };
}

/** A listing of objects, which has a parser of its own: only its root and the container's name are looked at here. */
const objectListing: BodyRule = ({ body }, { container }) => {
  const root = rootOf(body);
  if (root === undefined) return 'the body is not an XML document';
  if (root !== 'ListBucketResult') return `a ${root} document`;
  return nameFlaw(/<Name>([^<]*)<\/Name>/.exec(body)?.[1], container);
};

/** An access point's alias stands for a bucket of another name, and Ceph's `tenant:bucket` is listed without its tenant. */
function nameFlaw(listed: string | undefined, asked: string | undefined): string | undefined {
  if (!listed || asked === undefined || listed === asked || listed === asked.replace(/^.*:/, ''))
    return undefined;
  return /-s3alias$|--x-s3$|--ol-s3$|-ext-s3alias$/.test(asked)
    ? undefined
    : `a listing of ${JSON.stringify(listed.slice(0, 100))}`;
}

const noPage: BodyRule = ({ body }) =>
  /^\s*<(?:!doctype\s+html|html)\b/i.test(body) ? 'a web page' : undefined;
const written: AnswerRule = { statuses: [200], headers: { etag: STRONG_ETAG }, body: noPage };
/** Without an ETag the objects that a gateway finds in its file system are given. */
const read: AnswerRule = { statuses: [200, 206] };
const gone: AnswerRule = { statuses: [204, 200], unmarked: [204], body: noPage };
const answeredBy = (body: BodyRule): AnswerRule => ({ statuses: [200], unmarked: [200], body });

export const S3_ANSWERS = {
  listBuckets: answeredBy(document('ListAllMyBucketsResult')),
  createBucket: { statuses: [200, 201], body: noPage },
  headBucket: { statuses: [200] },
  deleteBucket: gone,
  listObjects: answeredBy(objectListing),
  listVersions: answeredBy(document('ListVersionsResult', {}, 'Name')),
  getVersioning: answeredBy(document('VersioningConfiguration')),
  putObject: written,
  copyObject: answeredBy(document('CopyObjectResult', { ETag: STRONG_ETAG })),
  headObject: read,
  getObject: read,
  deleteObject: gone,
  deleteObjects: answeredBy(document('DeleteResult')),
  createMultipartUpload: answeredBy(document('InitiateMultipartUploadResult', { UploadId: /./ })),
  uploadPart: written,
  copyPart: answeredBy(document('CopyPartResult', { ETag: STRONG_ETAG })),
  listParts: answeredBy(document('ListPartsResult', {}, 'Bucket')),
  listUploads: answeredBy(document('ListMultipartUploadsResult', {}, 'Bucket')),
  completeUpload: answeredBy(document('CompleteMultipartUploadResult', { ETag: STRONG_ETAG })),
  abortUpload: gone,
} as const satisfies Readonly<Record<string, AnswerRule>>;

export type S3Operation = keyof typeof S3_ANSWERS;
