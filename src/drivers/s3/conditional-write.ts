import type { Call, ObjectRef, Precondition } from '../call.js';
import type { QuickObject } from '../capabilities.js';
import {
  InvalidCredentialsError,
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
  PreconditionFailedError,
  StorageError,
  UnsupportedOperationError,
} from '../errors.js';
import type { Notice } from '../notice.js';
import type { S3Client } from './client.js';
import { S3 } from './errors.js';
import { type EtagForm, quoted, unquoted } from './etag.js';
import type { ObjectHeaders } from './object-headers.js';
import type { Profile } from './profiles.js';

type Headers = Readonly<Record<string, string>>;

export interface ConditionalWrites {
  /** Rejects with UnsupportedOperationError where the provider has no such condition, before anything is sent. */
  check(condition: Precondition | undefined): void;
  /**
   * Sends a write whose headers carry the condition. A refusal is checked by a read before it is believed: when the
   * object is exactly what the condition names, the provider does not understand this form of the condition. The other
   * form is then tried once, and remembered when it works. Rejects with PreconditionFailedError when the condition does
   * not hold, and with UnsupportedOperationError when the provider understands no form of it. A write that is not
   * `replayable` is sent once.
   */
  send<T>(
    ref: ObjectRef,
    condition: Precondition | undefined,
    write: Write<T>,
    replayable: boolean,
    call: Call,
  ): Promise<T>;
  /** The condition in the form that is known to work, or is tried first. Throws as `check` does. */
  quickHeaders(condition: Precondition | undefined): Headers;
  /** A write with such headers was done. */
  quickSuccess(condition: Precondition | undefined): void;
  /**
   * What the failure of such a write means: nothing but the write was sent, so a refusal is only believed once the provider has
   * done a write under this condition. Until then the error says that the write is worth another try, which `send` makes.
   */
  quickRefusal(object: Pick<QuickObject, 'key' | 'options'>, error: Error): Error;
}

type Write<T> = (headers: Headers) => Promise<T>;

/** Statuses that refuse a condition: it does not hold, another writer is active, it is malformed, it is unknown. */
const REFUSALS = new Set([412, 409, 400, 501]);

export interface ConditionalWritesOptions {
  readonly client: S3Client;
  readonly profile: Profile;
  readonly access: ObjectHeaders['access'];
  readonly notice: Notice;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function conditionalWrites({
  client,
  profile,
  access,
  notice,
}: ConditionalWritesOptions): ConditionalWrites {
  let form = profile.ifMatch;
  const unknown = new Set<'ifAbsent' | 'ifMatch'>();
  /** Under which a write was done: the provider understands them in the present form. */
  const proven = new Set<'ifAbsent' | 'ifMatch'>();

  function check(condition: Precondition | undefined): void {
    if (condition === undefined) return;
    const name = nameOf(condition);
    if (!profile.preconditions.includes(name))
      throw new UnsupportedOperationError(
        `profile ${profile.name} has no conditional writes (${name})`,
        { driver: S3 },
      );
    if (unknown.has(name)) throw notUnderstood(name, undefined);
  }

  const expectMisunderstood = misunderstandings(client, access);

  /** Resolves with the refusal of a condition that holds. */
  async function tryOnce<T>(
    ref: ObjectRef,
    condition: Precondition,
    headers: Headers,
    write: Write<T>,
    replayable: boolean,
    call: Call,
  ): Promise<{ readonly done: T } | StorageError> {
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        return { done: await write(headers) };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await expectMisunderstood(ref, condition, error, call);
        // Another writer may have been active at that moment, and have failed.
        if (error.status !== 409 || conflicts > 0 || !replayable) return error;
      }
    }
  }

  return {
    check,
    async send(ref, condition, write, replayable, call) {
      if (condition === undefined) return write({});
      check(condition);
      const name = nameOf(condition);
      let refusal: StorageError | undefined;
      for (const attempt of attemptsOf(condition, form)) {
        const outcome = await tryOnce(ref, condition, attempt.headers, write, replayable, call);
        if (!(outcome instanceof StorageError)) {
          form = attempt.form;
          proven.add(name);
          return outcome.done;
        }
        if (!replayable) throw outcome;
        refusal = outcome;
      }
      if (!unknown.has(name)) {
        unknown.add(name);
        notice(
          'conditional writes are not understood by this provider: two machines that start at the same moment may both write',
          {
            condition: name,
            answer: refusal?.message,
          },
        );
      }
      throw notUnderstood(name, refusal);
    },
    quickHeaders(condition) {
      check(condition);
      return condition === undefined ? {} : headersOf(condition, form);
    },
    quickSuccess(condition) {
      if (condition !== undefined) proven.add(nameOf(condition));
    },
    quickRefusal({ key, options: { precondition } }, error) {
      if (precondition === undefined) return error;
      const refusal = refusedCondition({ key }, precondition, error);
      if (!isRefusal(refusal) || proven.has(nameOf(precondition))) return refusal;
      return new ObjectError(
        key,
        `was refused under a condition that the provider has not been seen to understand (${refusal.message})`,
        { driver: S3, retry: 'backoff', cause: refusal },
      );
    },
  };
}

/**
 * A condition can fail in three ways: 412; 409 when another writer is at it; 404 when what should match is gone
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
 */
export function refusedCondition<E>(
  { key }: Pick<ObjectRef, 'key'>,
  condition: Precondition | undefined,
  error: E,
): E | PreconditionFailedError {
  return condition !== undefined && error instanceof ObjectDoesNotExistError
    ? new PreconditionFailedError(key, 'is gone', { driver: S3, cause: error })
    : error;
}

/**
 * Checks refusals of conditions. The returned function resolves when the condition holds although it was refused, and
 * rejects with PreconditionFailedError when it does not hold.
 */
function misunderstandings(client: S3Client, access: ObjectHeaders['access']) {
  /** Without quotes; undefined: there is no such object. */
  async function etagOf({ container, key }: ObjectRef, call: Call): Promise<string | undefined> {
    const about = { operation: 'headObject', action: 'look up', container, key } as const;
    try {
      const { headers } = await client.request({ method: 'HEAD', ...about, headers: access }, call);
      return unquoted(headers['etag'] ?? '');
    } catch (error) {
      if (error instanceof ObjectDoesNotExistError) return undefined;
      throw error;
    }
  }

  return async (
    ref: ObjectRef,
    condition: Precondition,
    refusal: StorageError,
    call: Call,
  ): Promise<void> => {
    const named = 'ifAbsent' in condition ? undefined : unquoted(condition.ifMatch);
    const found = await etagOf(ref, call).catch((error: unknown) => {
      throw error instanceof StorageError && error.retry === 'never' ? refusal : error;
    });
    if (found === named) return;
    if (refusal instanceof PreconditionFailedError) throw refusal;
    throw new PreconditionFailedError(ref.key, 'is not what the condition says', {
      driver: S3,
      cause: refusal,
    });
  };
}

function nameOf(condition: Precondition): 'ifAbsent' | 'ifMatch' {
  return 'ifAbsent' in condition ? 'ifAbsent' : 'ifMatch';
}

/** `If-None-Match: *` has one form only: it is sent twice, since the object may have been deleted between refusal and HEAD. */
function attemptsOf(
  condition: Precondition,
  form: EtagForm,
): readonly { readonly form: EtagForm; readonly headers: Headers }[] {
  const other: EtagForm = form === 'quoted' ? 'bare' : 'quoted';
  const forms = 'ifAbsent' in condition ? [form, form] : [form, other];
  return forms.map((each) => ({ form: each, headers: headersOf(condition, each) }));
}

function headersOf(condition: Precondition, form: EtagForm): Headers {
  if ('ifAbsent' in condition) return { 'if-none-match': '*' };
  const { ifMatch } = condition;
  return { 'if-match': form === 'quoted' ? quoted(ifMatch) : unquoted(ifMatch) };
}

/** Whether the condition may be the reason. What passes by itself, and has a reason of its own, is not about the condition. */
function isRefusal(error: unknown): error is StorageError {
  if (!(error instanceof StorageError) || error.status === undefined || !REFUSALS.has(error.status))
    return false;
  if (error instanceof InvalidCredentialsError || error instanceof ObjectHashMismatchError)
    return false;
  return error.status === 409 || error.retry === 'never';
}

function notUnderstood(name: string, refusal: StorageError | undefined): UnsupportedOperationError {
  const reason = refusal === undefined ? '' : ` (${refusal.message})`;
  return new UnsupportedOperationError(
    `the provider refuses a conditional write (${name}) whose condition holds${reason}`,
    {
      driver: S3,
      cause: refusal,
    },
  );
}
