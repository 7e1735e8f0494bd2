import { hash } from 'node:crypto';
import type { PutOutcome, QuickObject, QuickPut } from '../capabilities.js';
import { ObjectError, ObjectHashMismatchError } from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { requestEach } from '../http/quick-batch.js';
import { createPutRun } from '../put-run.js';
import type { S3Request } from './client.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { quoted } from './etag.js';
import { checkContainer, checkKey } from './names.js';
import { digestHeaders } from './payload.js';

/** A PUT for each object, with nothing but that one request: what takes more than that fails here, and putObject does it. */
export function s3QuickPut(context: S3Context): QuickPut {
  const { client, profile, settings, conditions, headers: objectHeaders } = context;

  function requestOf(container: string, { key, md5, bytes, options }: QuickObject): S3Request {
    checkKey(key);
    const { headers } = digestHeaders({ known: [], verified: profile.checksums }, md5);
    return {
      method: 'PUT',
      operation: 'putObject',
      action: 'put',
      container,
      key,
      headers: Object.assign(
        objectHeaders.create(key, options),
        headers,
        conditions.quickHeaders(options.precondition),
      ),
      body: bytes,
      ...(settings.sign_payload && { payload: hash('sha256', bytes, 'hex') }),
    };
  }

  return {
    async putEach(container, objects, passage, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const objectAt = (row: number) => objects[row] as QuickObject;
      return requestEach<S3Request, PutOutcome>(
        {
          client,
          createRun: createPutRun,
          sizes: objects.map(({ size }) => size),
          passage,
          requestOf: (row) => requestOf(container, objectAt(row)),
          outcomeOf: (row, answer) => outcomeOf(container, objectAt(row), answer, context),
          failed: (error, row) => ({ error: conditions.quickRefusal(objectAt(row), error) }),
        },
        call,
      );
    },
  };
}

function outcomeOf(
  container: string,
  { key, md5, options }: QuickObject,
  { headers }: HttpAnswer,
  { conditions, etags, profile }: S3Context,
): PutOutcome {
  conditions.quickSuccess(options.precondition);
  // A digest went along, which the provider compares before it stores the object.
  const isPromised = profile.checksums.includes('md5');
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
