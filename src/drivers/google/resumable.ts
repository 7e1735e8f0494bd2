import type { Body, Call, ObjectInfo } from '../call.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import { ObjectError } from '../errors.js';
import { fromSource } from '../http/refusal.js';
import { completeSession } from './complete-session.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { unreadable } from './json.js';
import { checkContainer, checkKey } from './names.js';
import type { LookUp } from './objects.js';
import { writeReceipt } from './part-receipt.js';
import { QUANTUM, readPart } from './resumable-part.js';
import { PART, readSessionToken, refuseOtherPartSize, writeSessionToken } from './session-token.js';
import { type KnownSession, type Progress, type Sessions, uploadSessions } from './sessions.js';

const MAX_PARTS = 327_680; // 5 TiB

/**
 * Uploads that go on, after a broken connection or a restart, at the byte that the provider has. Parts are pieces of one stream:
 * they go in their order, and none replaces another. The provider lists no such uploads, and drops each after a week.
 */
export function resumableUploads(context: GoogleContext, lookUp: LookUp): Multipart {
  const sessions = uploadSessions(context);
  const known = new Map<string, KnownSession>();

  async function progressOf(token: UploadToken, call: Call): Promise<Progress> {
    const session = sessionOf(token);
    session.progress ??= await sessions.ask(token, call);
    return session.progress;
  }

  function sessionOf({ opaque }: UploadToken): KnownSession {
    const session = known.get(opaque) ?? { progress: undefined, tail: undefined };
    known.set(opaque, session);
    return session;
  }

  return {
    partSize: { min: PART, max: PART, maxParts: MAX_PARTS },
    inOrder: true,
    // Our ETag is the generation, which cannot be foreseen.
    etagOfParts: () => undefined,
    cutsOf: async () => undefined,

    async begin({ container, key }, options, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      checkKey(key);
      const { partSize = PART } = options;
      refuseOtherPartSize(partSize);
      const id = await sessions.begin({ container, key }, options, call);
      const token = writeSessionToken({ container, key }, { id, partSize });
      known.set(token.opaque, { progress: { persisted: 0 }, tail: undefined });
      return token;
    },

    async uploadPart(token, number, body, call) {
      call.signal.throwIfAborted();
      const part = placed(token, number, body);
      const progress = await progressOf(token, call);
      const there = 'made' in progress ? progress.made.size : progress.persisted;
      const { size, start } = part;
      if (there >= start + size) return { number, size, receipt: writeReceipt('-', undefined) };
      if ('made' in progress || there < start)
        throw wrong(token, `part ${number} was sent when ${there} bytes were there`);
      const upload = { sessions, session: sessionOf(token), token };
      const crc32c = await sendPart(upload, part, there, call).catch((error: unknown) => {
        throw fromSource(token.key, error, GOOGLE);
      });
      return { number, size, receipt: writeReceipt('-', crc32c) };
    },

    async uploadedParts(token, call) {
      call.signal.throwIfAborted();
      const session = sessionOf(token);
      session.progress = undefined;
      const progress = await progressOf(token, call);
      const { partSize } = readSessionToken(token);
      return 'made' in progress
        ? partsOf(progress.made, partSize)
        : wholeParts(progress.persisted, partSize);
    },

    complete: completeSession({ sessions, sessionOf, progressOf, known }, lookUp),

    async abort(token, call) {
      call.signal.throwIfAborted();
      known.delete(token.opaque);
      await sessions.cancel(token, call);
    },

    async unfinished(container, _prefix, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      return [];
    },
  };
}

/** A part and where it is in the object, in bytes. */
interface PlacedPart {
  readonly body: Body;
  readonly size: number;
  readonly start: number;
}

interface OpenUpload {
  readonly sessions: Sessions;
  readonly session: KnownSession;
  readonly token: UploadToken;
}

/** Sends what is missing of a part up to its last whole quantum. The provider may keep less than it was sent. */
async function sendPart(
  { sessions, session, token }: OpenUpload,
  { body, start, size }: PlacedPart,
  persisted: number,
  call: Call,
): Promise<string> {
  const end = Math.max(persisted, start + size - ((start + size) % QUANTUM));
  for (let from = persisted; ; ) {
    const read = readPart(body, size, from - start, end - start);
    if (from === end) for await (const _ of read.open());
    else {
      session.progress = undefined; // until the provider has answered
      const range = `bytes ${from}-${end - 1}/*`;
      const sent = { range, body: { size: end - from, open: read.open } };
      const progress = await sessions.send(token, sent, call);
      const there = 'made' in progress ? progress.made.size : progress.persisted;
      if (there <= from || there > end)
        throw unreadable(`upload "${token.key}"`, `has ${there} bytes, where ${end} were sent`);
      session.progress = progress;
      from = there;
      if (from < end) continue;
    }
    const { tail, crc32c } = read.rest();
    session.tail = tail.byteLength === 0 ? undefined : { at: end, bytes: tail };
    return crc32c;
  }
}

function placed(token: UploadToken, number: number, body: Body): PlacedPart {
  const { size = 0 } = body;
  const { partSize } = readSessionToken(token);
  if (size > partSize)
    throw wrong(token, `part ${number} has ${size} bytes, more than ${partSize}`);
  return { body, size, start: (number - 1) * partSize };
}

function wrong({ key }: UploadToken, problem: string): ObjectError {
  return new ObjectError(key, `was not stored: ${problem}`, { driver: GOOGLE });
}

function wholeParts(bytes: number, partSize: number): Part[] {
  return Array.from({ length: Math.floor(bytes / partSize) }, (_, at) => ({
    number: at + 1,
    size: partSize,
    receipt: writeReceipt('-', undefined),
  }));
}

/** Of an upload whose completion was not answered, the last one is there, too. */
function partsOf({ size }: ObjectInfo, partSize: number): readonly Part[] {
  const parts = wholeParts(size, partSize);
  const left = size - parts.length * partSize;
  if (left === 0) return parts;
  return [
    ...parts,
    { number: parts.length + 1, size: left, receipt: writeReceipt('-', undefined) },
  ];
}
