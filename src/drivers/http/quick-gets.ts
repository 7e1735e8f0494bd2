import type { ObjectInfo } from '../call.js';
import { ObjectChangedError } from '../errors.js';
import type { GetOutcome, QuickGet, WantedObject } from '../quick-get.js';
import { createQuickRun } from '../quick-run.js';
import type { HttpAnswer, HttpHeaders } from './exchange.js';
import type { ProviderClient, ProviderRequest } from './provider-client.js';
import { requestEach } from './quick-batch.js';
import { changedSince } from './read-object.js';

/** What differs between providers. */
export interface QuickGetDialect<Request> {
  readonly driver: string;
  readonly client: Pick<ProviderClient<Request>, 'openRequests'>;
  /** Throws for a name that no container can have. */
  checkContainer(container: string): void;
  /** The GET of an object. Throws for a key that no object can have. */
  requestOf(container: string, key: string): Request;
  /** What it throws is the outcome of the object. */
  infoOf(container: string, key: string, answer: HttpAnswer): ObjectInfo;
  /** The `extra.etag` of the object whose content came with these headers. Default: their ETag. */
  etagIn?(headers: HttpHeaders): string | undefined;
}

/** Of an answer that is no content: the document that says why. */
const MOST_REFUSAL_BYTES = 64 * 1024;

/** A GET for each object, with nothing but that one request: what takes more than that fails here, and readObject does it. */
export function quickGets<Request extends ProviderRequest<string>>({
  driver,
  client,
  checkContainer,
  requestOf,
  infoOf,
  etagIn = ({ etag }) => etag,
}: QuickGetDialect<Request>): QuickGet {
  return {
    async getEach(container, objects, answered, passage, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const wantedAt = (row: number) => objects[row] as WantedObject;
      return requestEach<Request, GetOutcome>(
        {
          client,
          createRun: createQuickRun,
          sizes: objects.map(({ size }) => size),
          passage,
          requestOf(row) {
            const { key, size } = wantedAt(row);
            const maxAnswerBytes = Math.max(size, MOST_REFUSAL_BYTES);
            const answersContent = true as const;
            return Object.assign(requestOf(container, key), { answersContent, maxAnswerBytes });
          },
          outcomeOf(row, answer) {
            const wanted = wantedAt(row);
            const changed = changeOf(wanted, etagIn(answer.headers), answer.body, driver);
            if (changed !== undefined) return { error: changed };
            try {
              answered(row, infoOf(container, wanted.key, answer), answer.body);
              return READ;
            } catch (error) {
              return { error: error instanceof Error ? error : new Error(String(error)) };
            }
          },
          failed: (error) => ({ error }),
        },
        call,
      );
    },
  };
}

const READ: GetOutcome = { read: true };

function changeOf(
  { key, size, etag }: WantedObject,
  found: string | undefined,
  body: HttpAnswer['body'],
  driver: string,
): Error | undefined {
  const changed = changedSince(etag, { etag: found }, key, driver);
  if (changed !== undefined || body.byteLength === size) return changed;
  return new ObjectChangedError(key, `${size} bytes`, `${body.byteLength} bytes`, { driver });
}
