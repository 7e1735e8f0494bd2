import type { Call, ObjectInfo } from '../call.js';
import { ObjectChangedError } from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { changedSince } from '../http/read-object.js';
import type { GetOutcome, QuickGet, WantedObject } from '../quick-get.js';
import { createQuickRun } from '../quick-run.js';
import type { S3Request } from './client.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { checkContainer, refuseImpossible } from './names.js';
import { infoFromHeaders } from './object-info.js';

/** The request of one object of a batch. */
interface GetRequest extends S3Request {
  readonly row: number;
  readonly wanted: WantedObject;
}

/** Of an answer that is no content: the document that says why. */
const MOST_REFUSAL_BYTES = 64 * 1024;

/** A GET for each object, with nothing but that one request: what takes more than that fails here, and readObject does it. */
export function s3QuickGet(context: S3Context): QuickGet {
  const { client, headers: objectHeaders } = context;

  function requestOf(container: string, wanted: WantedObject, row: number): GetRequest {
    const { key, size } = wanted;
    refuseImpossible({ container, key });
    return {
      row,
      wanted,
      method: 'GET',
      operation: 'getObject',
      action: 'read',
      container,
      key,
      headers: objectHeaders.access,
      answersContent: true,
      maxAnswerBytes: Math.max(size, MOST_REFUSAL_BYTES),
    };
  }

  return {
    async getEach(container, objects, answered, passage, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const sizes = objects.map(({ size }) => size);
      const run = createQuickRun<GetOutcome>({ sizes, passage, begin: (row) => send(row) }, call);
      const end = ({ row, wanted }: GetRequest, answer: HttpAnswer) => {
        const changed = changeOf(wanted, answer);
        if (changed === undefined)
          answered(row, infoOf(container, wanted.key, answer, context), answer.body);
        run.ended(row, changed === undefined ? READ : { error: changed });
      };
      const requests = await open(call, end, (row, error) => run.ended(row, failed(error)));
      const send = (row: number) => {
        try {
          requests.begin(requestOf(container, objects[row] as WantedObject, row));
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

  function open(
    call: Call,
    answered: (request: GetRequest, answer: HttpAnswer) => void,
    failed: (row: number, error: unknown) => void,
  ) {
    return client.openRequests<GetRequest>(
      { answered, failed: ({ row }, error) => failed(row, error) },
      call,
    );
  }
}

const READ: GetOutcome = { read: true };

function failed(error: unknown): GetOutcome {
  return { error: error instanceof Error ? error : new Error(String(error)) };
}

function changeOf(
  { key, size, etag }: WantedObject,
  { headers, body }: HttpAnswer,
): Error | undefined {
  const changed = changedSince(etag, headers, key, S3);
  if (changed !== undefined || body.byteLength === size) return changed;
  return new ObjectChangedError(key, `${size} bytes`, `${body.byteLength} bytes`, { driver: S3 });
}

function infoOf(
  container: string,
  key: string,
  { headers, body }: HttpAnswer,
  { etags }: S3Context,
): ObjectInfo {
  const checksums = etags.ofAnswer(container, headers);
  return infoFromHeaders({ container, key }, body.byteLength, headers, checksums);
}
