import type { Backend } from './backend.js';
import type { Body, ObjectInfo, ObjectRef, PutOptions } from './call.js';
import type { Multipart, Part, UploadToken } from './capabilities.js';
import type { Resume } from './driver.js';
import { ObjectDoesNotExistError, UnsupportedOperationError } from './errors.js';
import { findObject } from './find-object.js';
import { md5IfMadeOf } from './made-of.js';
import type { PartsElsewhere } from './parts-range.js';

export interface PartsSettings {
  readonly signal: AbortSignal;
  /** With it, a failure leaves the parts where they are, and a later call with the token sends only what is missing. */
  readonly resume?: Resume;
  /** Bytes per part; default: what `partSizeFor` says. A resumed upload must use the size that it began with. */
  readonly partSize?: number;
  /** Whether the MD5 of the whole is wanted in any case. See `wantsWholeMd5`. */
  readonly wholeMd5?: boolean;
  readonly onPart?: OnPart;
  /** Other processes that can send parts of this file; missing: none. */
  readonly elsewhere?: PartsElsewhere | undefined;
}

/** Called once the provider has a part of so many bytes; `before`: it had it before this call. */
export type OnPart = (bytes: number, before: boolean) => void;

export interface SentParts {
  readonly info: ObjectInfo;
  /** Undefined: the body ended within its first part and was put whole. */
  readonly partSize: number | undefined;
  /** Hex MD5 of all that the body had, where it was computed. */
  readonly md5: string | undefined;
  /** Hex MD5 of the MD5s of the parts; undefined when no part was sent, now or before. */
  readonly md5Parts: string | undefined;
  /** Whether the provider reported the digest of each part, and it is that of the bytes sent. */
  readonly confirmed: boolean;
}

/** What an upload is completed with. */
export interface AllParts {
  /** In order. */
  readonly parts: readonly Part[];
  /** Hex MD5 of the MD5s of their bytes. */
  readonly md5Parts: string;
}

/** One call of `sendInParts`. */
export interface Upload {
  readonly multipart: Multipart;
  readonly ref: ObjectRef;
  readonly body: Body;
  readonly options: PutOptions;
  readonly partSize: number;
  readonly settings: PartsSettings;
  readonly driver: string;
}

/** The upload that the token names and the parts it has. `gone`: the provider does not know it, or not any longer. */
export async function findUpload(
  upload: Upload,
): Promise<{ token: UploadToken; parts: readonly Part[] } | 'gone' | undefined> {
  const { multipart, ref, body, settings, driver } = upload;
  const token = settings.resume?.token;
  if (token === undefined) return undefined;
  if (!body.replayable) {
    throw new UnsupportedOperationError(
      `the upload of "${ref.key}" cannot be resumed: a stream cannot be read again`,
      { driver },
    );
  }
  if (token.driver !== driver || token.container !== ref.container || token.key !== ref.key) {
    throw new TypeError(
      `the upload token is for "${token.key}" in "${token.container}" of driver ${token.driver}, not for "${ref.key}"`,
    );
  }
  try {
    return { token, parts: await multipart.uploadedParts(token, { signal: settings.signal }) };
  } catch (error) {
    if (error instanceof ObjectDoesNotExistError) return 'gone';
    throw error;
  }
}

export async function madeBefore(
  backend: Backend,
  { multipart, ref, body, partSize, settings }: Upload,
): Promise<SentParts | undefined> {
  const { signal } = settings;
  const info = await findObject(backend, ref, { signal });
  if (info === undefined) return undefined;
  const md5 = await md5IfMadeOf(multipart, info, body, partSize, signal);
  return md5 === undefined
    ? undefined
    : { info, partSize, md5, md5Parts: undefined, confirmed: true };
}
