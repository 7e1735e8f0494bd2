import type { Backend } from '../../drivers/backend.js';
import type { Precondition, PutOptions } from '../../drivers/call.js';
import type { Capabilities } from '../../drivers/capabilities.js';
import { guessContentType } from '../../drivers/content-type.js';
import { UnsupportedOperationError } from '../../drivers/errors.js';
import {
  type HeaderAndClassRule,
  headersByPattern,
  storageClassByPattern,
} from '../../drivers/header-rules.js';
import type { ObjectName } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { Policy } from '../decide.js';
import { objectMetadata } from './object-metadata.js';
import type { PutWhere } from './object-store.js';
import type { FilePuts } from './put-file.js';

/** What is sent beside a file's content. */
export interface PutDescriptions {
  /** See ObjectStore. */
  reportsMd5(entry: LocalEntry): boolean;
  /** Headers, metadata, checksums and precondition. `md5`: hex, of the content; undefined where it is not known yet. */
  optionsFor(
    name: ObjectName,
    entry: LocalEntry,
    md5: string | undefined,
    where: PutWhere,
  ): PutOptions;
}

export interface PutDescriptionsOptions {
  readonly backend: Backend;
  readonly policy: Policy;
  readonly headers: readonly HeaderAndClassRule[];
  readonly files: Pick<FilePuts, 'partSizeOf'>;
}

export function createPutDescriptions(options: PutDescriptionsOptions): PutDescriptions {
  const { backend, policy, headers: rules, files } = options;

  /** Undefined for a file and a link. */
  function typeOf({ kind }: LocalEntry): string | undefined {
    return kind === 'folder' ? backend.capabilities.folderType : undefined;
  }

  /** Where a listing or a HEAD reports the MD5 of the content, the metadata need not. */
  function reportsMd5({ size }: LocalEntry): boolean {
    return (
      policy.metadata.md5 === true &&
      (backend.hashType !== 'md5' || files.partSizeOf(size) !== undefined)
    );
  }

  return {
    reportsMd5,
    optionsFor(name, entry, md5, where) {
      const precondition = preconditionOf(where, backend.capabilities);
      const headers = headersByPattern(rules, name);
      const storageClass = storageClassByPattern(rules, name);
      return {
        contentType: typeOf(entry) ?? headers['content-type'] ?? guessContentType(name),
        metaData: objectMetadata(entry, policy, reportsMd5(entry) ? md5 : undefined),
        headers,
        ...(storageClass !== undefined && { storageClass }),
        checksums: md5 === undefined ? [] : [{ algorithm: 'md5', hex: md5 }],
        ...(precondition !== undefined && { precondition }),
      };
    },
  };
}

/** Undefined: none, or none that the provider has. */
function preconditionOf(
  where: PutWhere,
  { preconditions }: Pick<Capabilities, 'preconditions'>,
): Precondition | undefined {
  if (where === 'anywhere') return undefined;
  const wanted: Precondition = where === 'absent' ? { ifAbsent: true } : where;
  const name = where === 'absent' ? 'ifAbsent' : 'ifMatch';
  return preconditions.includes(name) ? wanted : undefined;
}

/**
 * Sends; a second time without the precondition if the provider does not support it. It is a second safeguard: the container was
 * found to have no such object a moment before, or a fence holds those that would write the name as well.
 */
export async function sendWhere<T>(
  options: PutOptions,
  send: (options: PutOptions) => Promise<T>,
): Promise<T> {
  try {
    return await send(options);
  } catch (error) {
    const { precondition, ...unconditional } = options;
    if (precondition === undefined || !(error instanceof UnsupportedOperationError)) throw error;
    return send(unconditional);
  }
}
