import { attributeCalls } from '../extended-attributes.js';
import type { FileAttributes } from '../watcher/entry.js';
import { RestoreError } from './restore-failure.js';

/**
 * Sets extended attributes and ACLs of what is at a path, itself where it is a link. Returns the errors of those that could
 * not be set. An ACL changes the mode and may clear special bits, so the mode comes after it.
 */
export function setExtendedAttributes(
  path: string,
  attributes: FileAttributes,
): readonly RestoreError[] {
  const names = Object.keys(attributes);
  return names.flatMap((name) => {
    try {
      attributeCalls().set(path, name, Buffer.from(attributes[name] ?? '', 'base64'));
      return [];
    } catch (error) {
      return [notSet(`attribute ${name}`, error)];
    }
  });
}

export function notSet(what: string, error: unknown): RestoreError {
  const reason = error instanceof Error ? error.message : String(error);
  return new RestoreError('attributes', `its ${what} could not be set: ${reason}`, error);
}
