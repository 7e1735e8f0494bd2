import type { AbandonedUpload, UnfinishedUpload } from '../../state/ledger.js';

export type UploadEvent =
  /** A job is about to send a version of the file. `isHere`: the upload's token is of the mirror's present place. */
  | {
      readonly type: 'wanted';
      readonly source: UnfinishedUpload['source'];
      readonly isHere: boolean;
    }
  /** The provider is about to be asked to begin one, or has begun it. */
  | { readonly type: 'asking' | 'begun'; readonly upload: UnfinishedUpload }
  /** The object that it made is recorded, or no job will continue it. */
  | { readonly type: 'recorded' | 'dropped' };

export interface UploadStep {
  /** Undefined: none is under way. */
  readonly upload: UnfinishedUpload | undefined;
  /** It is to be aborted at the provider. */
  readonly abandoned?: Omit<AbandonedUpload, 'name'>;
}

/**
 * The multipart upload of one object, as the ledger keeps it over restarts: none, asked (the request to begin it may have
 * arrived), or begun (its token is known). Pure. A process that is killed leaves the state unchanged.
 *
 * | state | event                                      | next state and effect                |
 * | ----- | ------------------------------------------ | ------------------------------------ |
 * | none  | wanted                                     | none: nothing                        |
 * | asked | wanted                                     | none: abandoned, found by its time   |
 * | begun | wanted, same version of the file and place | begun: continued with its part size  |
 * | begun | wanted, another version or another place   | none: abandoned                      |
 * | any   | asking                                     | asked: since then                    |
 * | asked | begun                                      | begun: since it was asked            |
 * | begun | begun                                      | begun: with the new token            |
 * | none  | begun, dropped meanwhile                   | begun: since then                    |
 * | any   | recorded                                   | none: nothing                        |
 * | none  | dropped                                    | none: nothing                        |
 * | asked | dropped                                    | none: abandoned, found by its time   |
 * | begun | dropped                                    | none: abandoned                      |
 */
export function uploadStep(upload: UnfinishedUpload | undefined, event: UploadEvent): UploadStep {
  switch (event.type) {
    case 'wanted':
      return upload?.token !== undefined && event.isHere && isSame(upload.source, event.source)
        ? { upload }
        : drop(upload);
    case 'asking':
      return { upload: event.upload };
    case 'begun': {
      const { beganAtMs } = upload ?? event.upload;
      return { upload: { ...event.upload, beganAtMs } };
    }
    case 'recorded':
      return { upload: undefined };
    case 'dropped':
      return drop(upload);
  }
}

function drop(upload: UnfinishedUpload | undefined): UploadStep {
  if (upload === undefined) return { upload };
  const { token, beganAtMs } = upload;
  return { upload: undefined, abandoned: { beganAtMs, ...(token !== undefined && { token }) } };
}

function isSame(a: UnfinishedUpload['source'], b: UnfinishedUpload['source']): boolean {
  return (
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.inode === b.inode &&
    a.md5 === b.md5
  );
}
