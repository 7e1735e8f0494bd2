/**
 * Classes whose objects are read only after they were thawed, by the names of their providers
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html; Scaleway's `GLACIER`; Azure's tier `Archive`,
 * https://learn.microsoft.com/azure/storage/blobs/archive-rehydrate-overview).
 */
const THAWED_FIRST = new Set(['GLACIER', 'DEEP_ARCHIVE', 'Archive']);
/** Of these some objects, which a reader finds out when it is refused. */
const THAWED_FIRST_SOMETIMES = 'INTELLIGENT_TIERING';

/** Whether an object of this class is read only after it was thawed. */
export function isArchiveClass(storageClass: unknown): boolean {
  return typeof storageClass === 'string' && THAWED_FIRST.has(storageClass);
}

/** Whether an object of this class may have to be thawed. */
export function mayBeArchived(storageClass: unknown): boolean {
  return isArchiveClass(storageClass) || storageClass === THAWED_FIRST_SOMETIMES;
}
