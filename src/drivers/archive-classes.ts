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

/** The provider's own command by which a person thaws an object of this class; the names are quoted for a shell. */
export function thawCommand(storageClass: string, container: string, key: string): string {
  return storageClass === 'Archive'
    ? `az storage blob set-tier --account-name ACCOUNT --container-name ${container} --name ${key} --tier Hot`
    : `aws s3api restore-object --bucket ${container} --key ${key} --restore-request Days=7`;
}
