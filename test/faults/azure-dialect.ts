import { type Operation as AzureOperation, parseRequest } from '../fakes/azure/request.js';
import type { Answer, Dialect, Operation } from './dialect.js';

const OPERATIONS: Readonly<Partial<Record<AzureOperation, Operation>>> = {
  PutBlob: 'put',
  PutMark: 'begin parts',
  PutBlock: 'part',
  PutBlockList: 'complete parts',
  CopyBlob: 'copy',
  HeadBlob: 'head',
  GetBlob: 'get',
  DeleteBlob: 'delete',
  Batch: 'delete together',
  ListBlobs: 'list',
  CreateContainer: 'container',
  HeadContainer: 'container',
};

/** Without it an answer would be taken for that of another web server. */
const OF_AZURE = { 'x-ms-request-id': 'of-the-proxy', 'x-ms-version': '2023-11-03' };
const WRONG_MD5 = Buffer.alloc(16).toString('base64');

/** For any account, whose name is the first part of the path. */
export const azureDialect: Dialect = {
  driver: 'azure_blobs',
  read(message) {
    const account = /^\/([^/?]+)/.exec(message.url ?? '')?.[1];
    const { operation, key, query } = parseRequest(message, account);
    // The mark of an abort is none of a begin.
    const isAbort = operation === 'PutMark' && numberOf(query.get('blockid') ?? '') !== 0;
    return { operation: isAbort ? 'other' : (OPERATIONS[operation] ?? 'other'), key };
  },
  refusal,
  /** No operation has one: what comes nearest is a success without what it must carry. */
  errorInside: (operation) =>
    operation === 'delete together'
      ? {
          status: 202,
          headers: { ...OF_AZURE, 'content-type': 'multipart/mixed; boundary=b' },
          body: Buffer.from('--b--'),
        }
      : { status: 201, headers: OF_AZURE, body: Buffer.alloc(0) },
  // The account's key does not end; so refuses a service whose keys are being changed.
  expired: refusal(503, 'ServerBusy'),
  wrongHash: ({ status, headers, body }) => {
    const { 'content-md5': digest, ...others } = headers;
    return {
      status,
      headers: digest === undefined ? others : { ...others, 'content-md5': WRONG_MD5 },
      body,
    };
  },
};

/** The number in the id of a block. */
function numberOf(id: string): number {
  return Buffer.from(id, 'base64').readUInt32BE(8);
}

function refusal(
  status: number,
  code = '',
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: {
      ...OF_AZURE,
      'content-type': 'application/xml',
      'x-ms-error-code': code,
      ...headers,
    },
    body: Buffer.from(
      `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>As scripted.</Message></Error>`,
    ),
  };
}
