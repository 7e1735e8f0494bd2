import {
  ContainerAccessDeniedError,
  ContainerError,
  type ErrorContext,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  ObjectError,
  StorageError,
  TargetUnavailableError,
} from '../errors.js';
import { BodySizeError } from './exact-body.js';
import { type HttpBody, HttpError } from './exchange.js';
import { bodyBytes, isOverQuota } from './over-quota.js';

/** What a call was about, for its errors. */
export interface Subject {
  /** For people: `put`, `list`, `delete the container`. The object and the container are named beside it. */
  readonly action: string;
  readonly container?: string | undefined;
  readonly key?: string | undefined;
  readonly body?: HttpBody;
  /** The largest body that the provider has stored in this process, in bytes; default 0. */
  readonly largestStored?: number;
}

/** What was asked of the provider, where: `put in "photos"`. */
export function actionWithPlace({ action, container }: Subject): string {
  if (container === undefined) return action;
  return `${action}${/ container$/.test(action) ? '' : ' in'} "${container}"`;
}

/** Whether the answer "too large" to this request means a quota. `message`: the provider's own words. */
export function meansQuota({ body, largestStored = 0 }: Subject, message: string): boolean {
  return isOverQuota({ message, bytes: bodyBytes(body), largestStored });
}

/** What a 413 means that says nothing of a quota: behind most of them is not the store, but what stands in front of it. */
export const BODY_LIMIT =
  'the request is larger than the store, or a proxy in front of it, takes: raise its body limit (nginx: client_max_body_size), or set `part_size` and `multipart_threshold` below it';

/** A provider's words, to be followed by our own. */
export function withoutStop(message: string): string {
  return message.trim().replace(/\.$/, '');
}

/** A refusal that is none of the named errors, as one about what the call was about. */
export function refused(
  { container, key }: Subject,
  message: string,
  context: ErrorContext,
): StorageError {
  if (key !== undefined) return new ObjectError(key, `was refused: ${message}`, context);
  return container === undefined
    ? new StorageError(message, context)
    : new ContainerError(container, `was refused: ${message}`, context);
}

/** The credentials are good, and not for this. `advice`: where the provider keeps such rights. */
export function denied(
  { container, key }: Subject,
  message: string,
  advice: string,
  context: ErrorContext,
): StorageError {
  if (key !== undefined)
    return new ObjectAccessDeniedError(key, `was refused: ${message}; ${advice}`, context);
  if (container !== undefined)
    return new ContainerAccessDeniedError(container, `was refused: ${message}; ${advice}`, context);
  return new InvalidCredentialsError(`${message}; ${advice}`, context);
}

/** What went wrong before there was an answer. The source's own error, and an abort, stay what they are. */
export function fromTransport(error: unknown, driver: string): unknown {
  if (!(error instanceof HttpError)) return error;
  return new TargetUnavailableError(error.message, { driver, retry: 'backoff', cause: error });
}

/** A source that gave another number of bytes than it promised, as an error about its object. */
export function fromSource(key: string, error: unknown, driver: string): unknown {
  return error instanceof BodySizeError
    ? new ObjectError(key, `was not stored: ${error.message}`, { driver, cause: error })
    : error;
}
