import type { Precondition } from '../call.js';
import type { UploadToken } from '../capabilities.js';

/** The upload's id, and after a blank the condition that its completion is under, which outlives a restart in this way. */
export function writeToken(uploadId: string, condition: Precondition | undefined): string {
  if (condition === undefined) return uploadId;
  return `${uploadId} ${'ifAbsent' in condition ? '*' : condition.ifMatch}`;
}

export function readToken({ opaque }: UploadToken): {
  readonly uploadId: string;
  readonly condition: Precondition | undefined;
} {
  const [uploadId = '', condition] = opaque.split(/ (.*)/s, 2);
  if (condition === undefined) return { uploadId, condition };
  return { uploadId, condition: condition === '*' ? { ifAbsent: true } : { ifMatch: condition } };
}
