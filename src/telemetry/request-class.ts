import { isReading, type Operation } from '../drivers/layers/operations.js';

/** The classes of requests, about as providers bill them. */
export type RequestClass =
  | 'list'
  | 'head'
  | 'get'
  | 'put'
  | 'part'
  | 'copy'
  | 'delete'
  | 'container';

/** Whether content comes from the provider; else it goes there, if there is any. */
export function receives(operation: Operation): boolean {
  return isReading(operation);
}

/** A new operation does not compile until it has a row here. */
export const CLASS_OF: Readonly<Record<Operation, RequestClass>> = {
  listContainers: 'list',
  headContainer: 'container',
  createContainer: 'container',
  deleteContainer: 'container',
  listObjects: 'list',
  headObject: 'head',
  putObject: 'put',
  readObject: 'get',
  deleteObject: 'delete',
  copyObject: 'copy',
  putObjects: 'put',
  deleteObjects: 'delete',
  begin: 'part',
  uploadPart: 'part',
  uploadedParts: 'list',
  cutsOf: 'head',
  complete: 'part',
  abort: 'delete',
  unfinished: 'list',
  enableContainer: 'container',
  enableObject: 'container',
  containerUrl: 'head',
  objectUrl: 'head',
  keepsVersions: 'container',
  softDeleteSeconds: 'container',
  listVersions: 'list',
  headVersion: 'head',
  readVersion: 'get',
  deleteVersion: 'delete',
};
