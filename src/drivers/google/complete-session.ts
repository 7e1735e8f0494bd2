import type { Call, ObjectInfo } from '../call.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import { ObjectDoesNotExistError, ObjectError, UnprovenAnswerError } from '../errors.js';
import { GOOGLE } from './errors.js';
import type { LookUp } from './objects.js';
import { crc32cOfParts } from './part-receipt.js';
import { refuseOther } from './payload.js';
import { base64Of } from './resource.js';
import type { KnownSession, Progress, SentBytes, Sessions } from './sessions.js';

/** What this client knows of its uploads. */
export interface SessionKeeping {
  readonly sessions: Sessions;
  readonly known: Map<string, KnownSession>;
  sessionOf(token: UploadToken): KnownSession;
  progressOf(token: UploadToken, call: Call): Promise<Progress>;
}

/** Sends the end of the object with its size and, where it is known, its CRC32C, so that Google makes no other object. */
export function completeSession(
  { sessions, known, sessionOf, progressOf }: SessionKeeping,
  lookUp: LookUp,
): Multipart['complete'] {
  /** The object that an earlier completion made, while no other one has replaced it. */
  async function stillThere(
    { container, key }: UploadToken,
    made: ObjectInfo,
    call: Call,
  ): Promise<ObjectInfo> {
    const found = (await lookUp({ container, key }, call)).info;
    if (found.extra['versionId'] === made.extra['versionId']) return found;
    throw new ObjectDoesNotExistError(key, { driver: GOOGLE });
  }

  async function finish(
    token: UploadToken,
    size: number,
    crc32c: string | undefined,
    call: Call,
  ): Promise<ObjectInfo> {
    const progress = await progressOf(token, call);
    if ('made' in progress) return stillThere(token, progress.made, call);
    const session = sessionOf(token);
    session.progress = undefined; // until the provider has answered
    const sent = endOf(token, progress.persisted, session.tail, size, crc32c);
    const answer = await sessions.send(token, sent, call).catch(async (error: unknown) => {
      if (!(error instanceof UnprovenAnswerError)) throw error;
      const asked = await sessions.ask(token, call).catch(() => undefined);
      if (asked === undefined || !('made' in asked)) throw error;
      return asked;
    });
    if ('made' in answer) return answer.made;
    throw incomplete(token, answer.persisted, size);
  }

  return async (token, parts, call) => {
    call.signal.throwIfAborted();
    refuseGaps(token, parts);
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const crc32c = crc32cOfParts(parts);
    const made = await finish(token, size, crc32c, call);
    if (made.size !== size) throw incomplete(token, made.size, size);
    const expected = crc32c === undefined ? [] : [{ algorithm: 'crc32c' as const, hex: crc32c }];
    refuseOther(token.key, expected, made.checksums);
    known.delete(token.opaque);
    return made;
  };
}

function endOf(
  token: UploadToken,
  persisted: number,
  tail: KnownSession['tail'],
  size: number,
  crc32c: string | undefined,
): SentBytes {
  const bytes = tail?.at === persisted ? tail.bytes : Buffer.alloc(0);
  if (persisted + bytes.byteLength !== size)
    throw incomplete(token, persisted + bytes.byteLength, size);
  const range = bytes.byteLength === 0 ? '*' : `${persisted}-${size - 1}`;
  return {
    body: bytes,
    range: `bytes ${range}/${size}`,
    ...(crc32c !== undefined && { headers: { 'x-goog-hash': `crc32c=${base64Of(crc32c)}` } }),
  };
}

function refuseGaps(token: UploadToken, parts: readonly Part[]): void {
  const gap = parts.find(({ number }, at) => number !== at + 1);
  if (gap !== undefined)
    throw new ObjectError(token.key, `was not stored: part ${gap.number} follows a gap`, {
      driver: GOOGLE,
    });
}

function incomplete({ key }: UploadToken, there: number, size: number): ObjectError {
  return new ObjectError(key, `was not stored: ${there} of its ${size} bytes are there`, {
    driver: GOOGLE,
    retry: 'backoff',
  });
}
