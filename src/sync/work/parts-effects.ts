import type {
  PartsClaim,
  PartsElsewhere,
  PartsRange,
  SentPart,
} from '../../drivers/parts-range.js';
import type { FileVersion } from '../../file-stat.js';
import type { ObjectName } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';

/**
 * Sends parts of large files, for uploads that the mirror's own process has begun, has in its ledger, and alone completes or
 * aborts. As Effects (effects.ts), it knows no index, ledger, guard or retries.
 */
export interface PartsEffects {
  /**
   * Reads these parts, exactly in the version of the order (P3), and sends those that are not known. Resolves with an answer for
   * each of them; undefined: it counts as not sent, as the file is not, or not any longer, that version, cannot be read, or as
   * the provider refused it. Rejects with SourceSilentError when the file's file system does not answer, with trouble of the
   * target or the container as a whole and with the signal's reason, and,
   * where another process carries it out, when that cannot be had or is not believed. Any of the parts may have been sent then.
   */
  send(order: PartsOrder, signal: AbortSignal): Promise<readonly (SentPart | undefined)[]>;
}

/** Parts are sent by other processes. */
export interface RemotePartsEffects {
  /** Whether a process is free for parts now. To be asked right before `send`. */
  takes(): boolean;
  /** As that of PartsEffects, by one of them, which says so: a claim. */
  send(order: PartsOrder, signal: AbortSignal): Promise<PartsClaim>;
}

/** "Send these parts of this file": plain data. Where the object is, each process knows from its own configuration. */
export interface PartsOrder extends Omit<PartsRange, 'token'> {
  /** Of the file and its object. */
  readonly name: ObjectName;
  readonly version: FileVersion;
  /** `UploadToken.opaque`. */
  readonly upload: string;
}

/** Undefined: other processes would not find the file by the name of its object. */
export function elsewhereFor(
  effects: RemotePartsEffects | undefined,
  name: ObjectName,
  { path, size, mtimeNs, ctimeNs, inode }: LocalEntry,
): PartsElsewhere | undefined {
  if (effects === undefined || name !== path) return undefined;
  const version = { size, mtimeNs, ctimeNs, inode };
  return {
    takes: effects.takes,
    send: ({ token: { opaque: upload }, ...range }, signal) =>
      effects.send({ name, version, upload, ...range }, signal),
  };
}
