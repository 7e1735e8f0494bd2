import { hash } from 'node:crypto';
import type { Call } from '../call.js';
import type { PutOutcome, QuickObject, QuickPut } from '../capabilities.js';
import { ObjectError, ObjectHashMismatchError } from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { createPutRun } from '../put-run.js';
import type { S3Request } from './client.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { quoted } from './etag.js';
import { checkContainer, checkKey } from './names.js';
import { digestHeaders } from './payload.js';

/** The request of one object of a batch. */
interface PutRequest extends S3Request {
  readonly row: number;
  readonly object: QuickObject;
  /** Whether a digest went along that the provider compares before it stores the object. */
  readonly isPromised: boolean;
}

/** A PUT for each object, with nothing but that one request: what takes more than that fails here, and putObject does it. */
export function s3QuickPut(context: S3Context): QuickPut {
  const { client, profile, settings, headers: objectHeaders } = context;

  function requestOf(container: string, object: QuickObject, row: number): PutRequest {
    const { key, md5, bytes, options } = object;
    checkKey(key);
    const { headers, promised } = digestHeaders({ known: [], verified: profile.checksums }, md5);
    return {
      row,
      object,
      isPromised: promised.length > 0,
      method: 'PUT',
      operation: 'putObject',
      action: 'put',
      container,
      key,
      headers: Object.assign(objectHeaders.create(key, options), headers),
      body: bytes,
      ...(settings.sign_payload && { payload: hash('sha256', bytes, 'hex') }),
    };
  }

  return {
    async putEach(container, objects, passage, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const run = createPutRun(
        { sizes: objects.map(({ size }) => size), passage, begin: (row) => send(row) },
        call,
      );
      const requests = await open(call, run.ended);
      const send = (row: number) => {
        try {
          requests.begin(requestOf(container, objects[row] as QuickObject, row));
        } catch (error) {
          run.ended(row, failed(error));
        }
      };
      try {
        return await run.outcomes();
      } finally {
        requests.close();
      }
    },
  };

  function open(call: Call, ended: (row: number, outcome: PutOutcome) => void) {
    return client.openRequests<PutRequest>(
      {
        answered: (request, answer) => ended(request.row, outcomeOf(request, answer, context)),
        failed: ({ row }, error) => ended(row, failed(error)),
      },
      call,
    );
  }
}

function failed(error: unknown): PutOutcome {
  return { error: error instanceof Error ? error : new Error(String(error)) };
}

function outcomeOf(
  { object: { key, md5 }, container = '', isPromised }: PutRequest,
  { headers }: HttpAnswer,
  { etags }: S3Context,
): PutOutcome {
  const reported = etags.ofAnswer(container, headers)[0]?.hex;
  if (reported === undefined && !(isPromised && etags.isOpaque(container))) {
    const problem = 'was answered without the MD5 of what was stored';
    return { error: new ObjectError(key, problem, { driver: S3, retry: 'backoff' }) };
  }
  if (reported !== undefined && reported !== md5)
    return { error: new ObjectHashMismatchError(key, md5, reported, { driver: S3 }) };
  const etag = headers['etag'];
  const versionId = headers['x-amz-version-id'];
  return {
    stored: {
      md5,
      ...(etag !== undefined && { etag: quoted(etag) }),
      ...(versionId !== undefined && versionId !== 'null' && { versionId }),
    },
  };
}
