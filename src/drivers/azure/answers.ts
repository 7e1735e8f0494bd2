import type { AnswerRule, BodyRule, Protocol } from '../http/answer-rules.js';
import { parseXml, rootOf, textOf } from '../http/xml.js';
import { AZURE } from './errors.js';

// What each operation answers: https://learn.microsoft.com/rest/api/storageservices/operations-on-blobs

/** Headers that the service sends with every answer, refusals included. */
const MARK = /^x-ms-(?:request-id|error-code|version)$/;

export const AZURE_PROTOCOL: Protocol = {
  driver: AZURE,
  name: 'Azure Blob Storage',
  isMarked(headers) {
    for (const name in headers) if (MARK.test(name)) return true;
    return false;
  },
  isRefusal: (body) => rootOf(body.replace(/^\ufeff/, '')) === 'Error',
};

const STRONG_ETAG = /^(?!W\/)"?[\x21\x23-\x7e]+"?$/;

/** A whole document of this root with these elements. */
function document(root: string, ...elements: readonly string[]): BodyRule {
  return ({ body }) => {
    const parsed = parseXml(body.replace(/^\ufeff/, ''));
    if (parsed === undefined) return 'the body is not a whole XML document';
    if (parsed.root !== root) return `a ${parsed.root} document`;
    const missing = elements.find((name) => !textOf(parsed.element, name));
    return missing === undefined ? undefined : `no ${missing}`;
  };
}

/** A listing of blobs, which has a parser of its own: only its root and the container's name are looked at here. */
const blobListing: BodyRule = ({ body }, { container }) => {
  const root = rootOf(body.replace(/^\ufeff/, ''));
  if (root === undefined) return 'the body is not an XML document';
  if (root !== 'EnumerationResults') return `a ${root} document`;
  const listed = /\bContainerName="([^"]*)"/.exec(body.slice(0, 2048))?.[1];
  return listed === undefined || container === undefined || listed.endsWith(container)
    ? undefined
    : `a listing of ${JSON.stringify(listed.slice(0, 100))}`;
};

const multipart: BodyRule = ({ headers }) =>
  /^multipart\/mixed;/i.test(headers['content-type'] ?? '')
    ? undefined
    : `content-type ${headers['content-type'] ?? 'missing'}`;

const answeredBy = (body: BodyRule): AnswerRule => ({ statuses: [200], unmarked: [200], body });
const written: AnswerRule = { statuses: [201], headers: { etag: STRONG_ETAG } };
const described: AnswerRule = { statuses: [200], headers: { etag: STRONG_ETAG } };
const read: AnswerRule = { statuses: [200, 206] };

export const AZURE_ANSWERS = {
  serviceProperties: answeredBy(document('StorageServiceProperties')),
  listContainers: answeredBy(document('EnumerationResults')),
  createContainer: { statuses: [201] },
  headContainer: { statuses: [200] },
  deleteContainer: { statuses: [202] },
  listBlobs: answeredBy(blobListing),
  putBlob: written,
  putBlock: { statuses: [201] },
  putBlockFromUrl: { statuses: [201] },
  putBlockList: written,
  getBlockList: answeredBy(document('BlockList')),
  copyBlob: { statuses: [202], headers: { 'x-ms-copy-status': /^(?:success|pending)$/ } },
  headBlob: read,
  getBlob: read,
  setMetadata: described,
  setProperties: described,
  setTier: { statuses: [200, 202] },
  deleteBlob: { statuses: [202] },
  batch: { statuses: [202], body: multipart },
  userDelegationKey: answeredBy(document('UserDelegationKey', 'Value', 'SignedOid')),
} as const satisfies Readonly<Record<string, AnswerRule>>;

export type AzureOperation = keyof typeof AZURE_ANSWERS;
