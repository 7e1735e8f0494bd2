import type { ObjectRef } from '../call.js';
import type { UploadToken } from '../capabilities.js';
import { UnsupportedOperationError } from '../errors.js';
import { GOOGLE } from './errors.js';
import { QUANTUM } from './resumable-part.js';

/** Bytes of a part unless the caller says otherwise. */
export const PART = 16 * 2 ** 20;

/** An upload that can be resumed, as its token has it: `ID`, or `ID BYTES` where the parts are not the usual ones. */
export interface SessionToken {
  /** A secret: it is all that a writer of the object needs for a week. */
  readonly id: string;
  /** All parts but the last have just this size, so that the bytes that are there say which parts they are. */
  readonly partSize: number;
}

export function writeSessionToken(
  { container, key }: ObjectRef,
  { id, partSize }: SessionToken,
): UploadToken {
  const opaque = partSize === PART ? id : `${id} ${partSize}`;
  return { container, key, driver: GOOGLE, opaque };
}

export function readSessionToken({ opaque }: Pick<UploadToken, 'opaque'>): SessionToken {
  const [id = '', bytes] = opaque.split(' ', 2);
  return { id, partSize: bytes === undefined ? PART : Number(bytes) };
}

/** Throws UnsupportedOperationError: a part that ends elsewhere would not be kept whole. */
export function refuseOtherPartSize(partSize: number): void {
  if (partSize % QUANTUM === 0) return;
  throw new UnsupportedOperationError(
    `part_size is ${partSize} bytes: with \`uploads: resumable\` it must be a multiple of 256KiB, such as 16MiB`,
    { driver: GOOGLE },
  );
}
