import { hash } from 'node:crypto';
import type { Call, ObjectInfo } from '../call.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import {
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
  PreconditionFailedError,
  UnprovenAnswerError,
} from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { buildXml } from '../http/xml.js';
import { blockLists } from './block-list.js';
import { type AzureContext, SLOW_ANSWER_MS } from './context.js';
import { AZURE } from './errors.js';
import { conditionHeaders } from './object-headers.js';
import { md5Hex, quoted } from './object-info.js';
import type { ObjectOperations } from './objects.js';
import { md5Header } from './payload.js';
import { readToken } from './upload-token.js';

/**
 * Commits blocks, and finds the blob that an earlier commit made whose answer was lost: it consists of these very blocks. The
 * answer says nothing of the size, so a HEAD makes sure of it.
 */
export function azureCompletion(
  { client }: AzureContext,
  { headObject }: Pick<ObjectOperations, 'headObject'>,
): Multipart['complete'] {
  return async (token, sent, call) => {
    call.signal.throwIfAborted();
    const parts = sent.filter(({ size }) => size > 0);
    try {
      const { headers } = await commit(token, parts, call);
      return await confirmed(token, parts, headers['etag'] ?? '', call);
    } catch (error) {
      const mayBeDone =
        error instanceof ObjectDoesNotExistError ||
        error instanceof PreconditionFailedError ||
        error instanceof UnprovenAnswerError;
      if (!mayBeDone || !(await isCommitted(token, parts, call))) throw error;
      return headObject(token, call);
    }
  };

  async function commit(
    token: UploadToken,
    parts: readonly Part[],
    call: Call,
  ): Promise<HttpAnswer> {
    const { container, key } = token;
    const { headers, condition } = readToken(token);
    // Not `Latest`: a committed block of the same id would do as well then.
    const body = buildXml('BlockList', { Uncommitted: parts.map(({ receipt }) => receipt) });
    const md5 = hash('md5', body, 'hex');
    const answer = await client.request(
      {
        method: 'PUT',
        operation: 'putBlockList',
        action: 'complete the upload',
        container,
        key,
        query: { comp: 'blocklist' },
        headers: { ...headers, ...conditionHeaders(condition), ...md5Header(md5) },
        body,
        answerWithinMs: SLOW_ANSWER_MS,
      },
      call,
    );
    // It is that of the list, not of the content.
    const reported = md5Hex(answer.headers['content-md5']);
    if (reported !== undefined && reported !== md5)
      throw new ObjectHashMismatchError(key, `${md5} of the list of blocks`, reported, {
        driver: AZURE,
      });
    return answer;
  }

  async function confirmed(
    { container, key }: UploadToken,
    parts: readonly Part[],
    etag: string,
    call: Call,
  ): Promise<ObjectInfo> {
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const found = await headObject({ container, key }, call).catch((error: unknown) => {
      if (error instanceof ObjectDoesNotExistError) return undefined;
      throw error;
    });
    if (found?.size === size && found.extra['etag'] === quoted(etag)) return found;
    const problem =
      found === undefined
        ? 'was reported as stored, and is not there'
        : 'was reported as stored, and another one is there';
    throw new ObjectError(key, problem, { driver: AZURE, retry: 'backoff' });
  }

  /** Whether the blob consists of exactly these blocks, whose ids no other upload has. */
  async function isCommitted(
    token: UploadToken,
    parts: readonly Part[],
    call: Call,
  ): Promise<boolean> {
    if (parts.length === 0) return false;
    const lists = await blockLists(client, token, call).catch(() => undefined);
    if (lists === undefined || lists.committed.length !== parts.length) return false;
    return lists.committed.every(({ id }, at) => id === parts[at]?.receipt);
  }
}
