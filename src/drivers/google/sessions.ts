import type { Call, ObjectInfo, ObjectRef, PutOptions } from '../call.js';
import type { UploadToken } from '../capabilities.js';
import { ObjectDoesNotExistError, ObjectError } from '../errors.js';
import type { HttpAnswer, HttpBody } from '../http/exchange.js';
import { generationMatch } from './conditions.js';
import { type GoogleContext, SLOW_ANSWER_MS } from './context.js';
import { GOOGLE } from './errors.js';
import { readDocument, unreadable } from './json.js';
import { uploadPath } from './names.js';
import { digestFields } from './put-object.js';
import { infoOf, OBJECT_FIELDS, resourceOf } from './resource.js';
import { readSessionToken } from './session-token.js';

/** What the provider says of an upload: how many bytes it has, from the beginning, or the object that was made. */
export type Progress = { readonly persisted: number } | { readonly made: ObjectInfo };

/** What this client knows of an upload. */
export interface KnownSession {
  /** Undefined: the provider has to be asked. */
  progress: Progress | undefined;
  /** The end of the object, less than a quantum, which goes with the completion. */
  tail: { readonly at: number; readonly bytes: Buffer } | undefined;
}

/** Some of an upload's bytes; none: the question is how many there are. */
export interface SentBytes {
  readonly body: HttpBody;
  /** As Content-Range has it. */
  readonly range: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Requests of uploads that can be resumed: https://cloud.google.com/storage/docs/performing-resumable-uploads */
export interface Sessions {
  /** The id of the session: a secret, since it is all that a writer of the object needs for a week. */
  begin(ref: ObjectRef, options: PutOptions, call: Call): Promise<string>;
  /** An upload that is gone rejects with ObjectDoesNotExistError. */
  send(token: UploadToken, bytes: SentBytes, call: Call): Promise<Progress>;
  ask(token: UploadToken, call: Call): Promise<Progress>;
  cancel(token: UploadToken, call: Call): Promise<void>;
}

/** What is answered to a session that was cancelled. */
const CANCELLED = 499;
const INCOMPLETE = 308;

export function uploadSessions({ client, settings }: GoogleContext): Sessions {
  const about = ({ container, key, opaque }: UploadToken) => ({
    operation: 'continueSession' as const,
    container,
    key,
    condition: key,
    path: uploadPath(container),
    query: { uploadType: 'resumable', upload_id: readSessionToken({ opaque }).id },
  });

  async function send(token: UploadToken, bytes: SentBytes, call: Call): Promise<Progress> {
    const answer = await client.request(
      {
        method: 'PUT',
        action: 'upload',
        ...about(token),
        headers: { ...bytes.headers, 'content-range': bytes.range },
        body: bytes.body,
        accept: INCOMPLETE,
        answerWithinMs: SLOW_ANSWER_MS,
      },
      call,
    );
    return progressIn(token, answer);
  }

  return {
    send,
    ask: (token, call) => send(token, { body: new Uint8Array(), range: 'bytes */*' }, call),

    async begin({ container, key }, options, call) {
      const resource = resourceOf(key, options, settings);
      const { headers } = await client.request(
        {
          method: 'POST',
          operation: 'beginSession',
          action: 'begin an upload',
          container,
          key,
          needsContainer: true,
          path: uploadPath(container),
          query: {
            uploadType: 'resumable',
            name: key,
            fields: OBJECT_FIELDS,
            kmsKeyName: settings.kms_key,
            ...generationMatch({ container, key }, options.precondition),
          },
          headers: { 'content-type': 'application/json; charset=UTF-8' },
          body: Buffer.from(JSON.stringify({ ...resource, ...digestFields(options.checksums) })),
        },
        call,
      );
      return idIn(key, headers['location'] ?? '');
    },

    async cancel(token, call) {
      try {
        await client.request(
          { method: 'DELETE', action: 'abort the upload', ...about(token), accept: CANCELLED },
          call,
        );
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };
}

/** Without a Range header nothing was persisted, whatever was sent. */
function progressIn({ container, key }: UploadToken, answer: HttpAnswer): Progress {
  const what = `upload "${key}"`;
  if (answer.status !== INCOMPLETE)
    return { made: infoOf(container, readDocument(what, answer.body), what) };
  const { range } = answer.headers;
  const [, last] = /^bytes=0-(\d+)$/.exec(range ?? 'bytes=0-') ?? [];
  if (range !== undefined && last === undefined)
    throw unreadable(what, `has the range ${JSON.stringify(range.slice(0, 60))}`);
  return { persisted: last === undefined ? 0 : Number(last) + 1 };
}

/** Only the id is kept: requests go to the address of the settings, wherever the answer leads. */
function idIn(key: string, location: string): string {
  const id = URL.canParse(location) ? new URL(location).searchParams.get('upload_id') : null;
  if (id) return id;
  throw new ObjectError(key, 'was given an upload without an id', {
    driver: GOOGLE,
    retry: 'backoff',
  });
}
