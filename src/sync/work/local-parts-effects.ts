import type { Backend } from '../../drivers/backend.js';
import { fileBody } from '../../drivers/file-body.js';
import { isPartsBody, type SentPart, sendRange } from '../../drivers/parts-range.js';
import type { PartsThreads } from '../../drivers/parts-threads.js';
import { SourceSilentError } from '../../silent-source.js';
import { pathOnDisk } from '../../watcher/path.js';
import { classify, type Failure } from '../failure.js';
import type { PartsEffects, PartsOrder } from './parts-effects.js';

/** Trouble that other jobs would meet as well. */
const WORTH_RETURNING: ReadonlySet<Failure['kind']> = new Set(['target', 'full', 'mirror']);

export interface LocalPartsOptions {
  readonly backend: Backend;
  readonly container: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  /** The folder that is mirrored, on this machine. */
  readonly source: string;
  /** Whether files are read through symbolic links. */
  readonly follow: boolean;
  readonly threads: PartsThreads;
  /** See FileBodyOptions. */
  readonly silentMs?: number;
}

/** PartsEffects in this process. */
export function localPartsEffects(options: LocalPartsOptions): PartsEffects {
  return {
    async send(order, signal) {
      try {
        return await sendParts(order, options, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof SourceSilentError) throw error;
        if (WORTH_RETURNING.has(classify(error, options.container).kind)) throw error;
        return order.known.map(() => undefined);
      }
    },
  };
}

async function sendParts(
  { name, version, upload, ...range }: PartsOrder,
  { backend, container, prefix, source, follow, threads, silentMs }: LocalPartsOptions,
  signal: AbortSignal,
): Promise<readonly (SentPart | undefined)[]> {
  const { multipart } = backend.capabilities;
  const driver = backend.name;
  const ref = { container, key: prefix + name };
  const body = await fileBody(pathOnDisk(source, name), {
    ...{ ref, driver, expected: version, follow, threads },
    ...(silentMs !== undefined && { silentMs }),
  });
  const isOnePart = version.size <= range.partSize; // see sendInParts
  if (multipart?.severalSenders !== true || isOnePart || !isPartsBody(body))
    return range.known.map(() => undefined);
  const token = { ...ref, driver, opaque: upload };
  return sendRange(multipart, body, { token, ...range }, signal);
}
