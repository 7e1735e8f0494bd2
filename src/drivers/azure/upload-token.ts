import type { ObjectRef, Precondition } from '../call.js';
import type { UploadToken } from '../capabilities.js';
import { AZURE } from './errors.js';

/** An upload in parts. The service knows only its blocks: all that the object is to have goes with the commit. */
export interface UploadPlan {
  /** 16 hex digits, in the ids of its blocks. */
  readonly nonce: string;
  /** Milliseconds since the epoch. */
  readonly beganAtMs: number;
  /** Of the commit: content type, metadata, tier, MD5. */
  readonly headers: Readonly<Record<string, string>>;
  readonly condition?: Precondition | undefined;
}

export function writeToken({ container, key }: ObjectRef, plan: UploadPlan): UploadToken {
  return { container, key, driver: AZURE, opaque: JSON.stringify(plan) };
}

export function readToken({ opaque }: UploadToken): UploadPlan {
  return JSON.parse(opaque) as UploadPlan;
}
