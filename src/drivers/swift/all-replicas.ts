import { ObjectDoesNotExistError } from '../errors.js';

/** https://docs.openstack.org/api-ref/object-store/#get-object-content-and-metadata */
const ALL_REPLICAS = { 'x-newest': 'true' };

/**
 * Looks at an object, by a request with these headers. A 404 is believed when all replicas have given it. An object server that
 * opens an object while it is replaced lists its files first and opens one then, and says 404 when the new version has removed
 * that one in between (`DiskFile.open` in swift/obj/diskfile.py); a replica that has not received the object yet says it, too.
 */
export async function surelyFound<T>(
  look: (headers: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  try {
    return await look({});
  } catch (error) {
    if (!(error instanceof ObjectDoesNotExistError)) throw error;
    return look(ALL_REPLICAS);
  }
}
