import type { Body, Checksum, ChecksumAlgorithm } from '../call.js';
import {
  ObjectAccessDeniedError,
  ObjectHashMismatchError,
  PreconditionFailedError,
  StorageError,
  TargetFullError,
} from '../errors.js';
import type { Notice } from '../notice.js';
import { type ChunkedForm, CRC32_TRAILER } from './aws-chunked.js';
import type { Profile } from './profiles.js';
import type { S3Settings } from './settings.js';

/** How one body is sent. */
export interface BodyPlan {
  /** Undefined: unchanged. */
  readonly chunked: ChunkedForm | undefined;
  /** A stream is read once more before it is sent, if it can be: nothing else lets the store refuse bytes that changed on their way. */
  readonly digestFirst: boolean;
}

export interface PlannedBody {
  readonly kind: 'object' | 'part';
  readonly body: Body;
  readonly known: readonly Checksum[];
  /** Digests that the store compares. */
  readonly verified: readonly ChecksumAlgorithm[];
  /** The object cannot be confirmed without a digest that is sent before its content. */
  readonly digestFirst: boolean;
}

/** What lets a target refuse a body that changed on its way, by profile and transport. */
export interface StreamedBodies {
  /**
   * Sends with the best plan that the target is known to take. While no chunked body has been taken yet, a refusal that can be
   * about its form is not believed of a body that can be sent again: it is sent without, and what works is remembered.
   */
  send<T>(what: PlannedBody, attempt: (plan: BodyPlan) => Promise<T>): Promise<T>;
}

/** How a store answers what it does not know: malformed, not signed as it understands it, without a length, not implemented. */
const REFUSALS = new Set([400, 403, 411, 501]);

export function streamedBodies(
  { streams, name }: Pick<Profile, 'streams' | 'name'>,
  { secure, sign_payload: sign }: Pick<S3Settings, 'secure' | 'sign_payload'>,
  notice: Notice,
): StreamedBodies {
  let state: 'untried' | 'works' | 'refused' = 'untried';

  function formFor({
    kind,
    body,
    known,
    verified,
    digestFirst,
  }: PlannedBody): ChunkedForm | undefined {
    if (streams === 'nothing' || state === 'refused' || body.bytes !== undefined) return undefined;
    if (digestFirst && body.replayable) return undefined;
    const isKnown = known.some(({ algorithm }) => verified.includes(algorithm));
    if (isKnown && !sign) return undefined;
    // An upload would have to be begun with the algorithm of its parts' trailers, and all parts to have one.
    const trailer =
      streams === 'trailer' && kind === 'object' && !isKnown ? CRC32_TRAILER : undefined;
    const signed = sign || !secure;
    return signed || trailer !== undefined
      ? { signed, trailer, named: streams === 'trailer' }
      : undefined;
  }

  return {
    async send(what, attempt) {
      const chunked = formFor(what);
      const plain: BodyPlan = { chunked: undefined, digestFirst: what.digestFirst || !secure };
      if (chunked === undefined) return attempt(plain);
      const tryChunked = async () => {
        const done = await attempt({ chunked, digestFirst: what.digestFirst });
        state = 'works';
        return done;
      };
      const isDoubtful = (error: unknown): error is StorageError =>
        state === 'untried' && what.body.replayable && canBeAboutForm(error);
      try {
        return await tryChunked().catch((error: unknown) => {
          // A store that takes the form says the same of bytes that did change.
          if (!isDoubtful(error) || !(error instanceof ObjectHashMismatchError)) throw error;
          return tryChunked();
        });
      } catch (error) {
        if (!isDoubtful(error)) throw error;
        const done = await attempt(plain);
        state = 'refused';
        notice(
          'streamed bodies with a checksum are not understood by this provider: they are sent without',
          {
            profile: name,
            answer: error.message,
          },
        );
        return done;
      }
    },
  };
}

function canBeAboutForm(error: unknown): error is StorageError {
  if (!(error instanceof StorageError) || error.status === undefined || !REFUSALS.has(error.status))
    return false;
  return !(
    error instanceof ObjectAccessDeniedError ||
    error instanceof PreconditionFailedError ||
    error instanceof TargetFullError
  );
}
