import type { Backend } from '../backend.js';
import type { BatchDelete, BatchPut, Cdn, Copy, Multipart, Versions } from '../capabilities.js';

type MethodsOf<T> = {
  [K in keyof T]-?: T[K] extends (...args: never[]) => unknown ? K : never;
}[keyof T];

/** All operations of a backend, without `close`. */
export type Operation =
  | Exclude<MethodsOf<Backend>, 'close'>
  | MethodsOf<Copy>
  | MethodsOf<BatchPut>
  | MethodsOf<BatchDelete>
  | Exclude<MethodsOf<Multipart>, 'etagOfParts'>
  | MethodsOf<Cdn>
  | MethodsOf<Versions>;

/** What an operation does at the provider. A new operation does not compile until it has a row here. */
export const EFFECTS: Readonly<Record<Operation, 'reads' | 'changes'>> = {
  listContainers: 'reads',
  headContainer: 'reads',
  createContainer: 'changes',
  deleteContainer: 'changes',
  listObjects: 'reads',
  headObject: 'reads',
  putObject: 'changes',
  readObject: 'reads',
  deleteObject: 'changes',
  copyObject: 'changes',
  putObjects: 'changes',
  deleteObjects: 'changes',
  begin: 'changes',
  uploadPart: 'changes',
  uploadedParts: 'reads',
  cutsOf: 'reads',
  complete: 'changes',
  abort: 'changes',
  unfinished: 'reads',
  enableContainer: 'changes',
  enableObject: 'changes',
  containerUrl: 'reads',
  objectUrl: 'reads',
  keepsVersions: 'reads',
  softDeleteSeconds: 'reads',
  listVersions: 'reads',
  headVersion: 'reads',
  readVersion: 'reads',
  deleteVersion: 'changes',
};

export function isOperation(name: string): name is Operation {
  return Object.hasOwn(EFFECTS, name);
}

/** Whether the result of an operation is a stream of content. */
export function isReading(operation: Operation): boolean {
  return operation === 'readObject' || operation === 'readVersion';
}
