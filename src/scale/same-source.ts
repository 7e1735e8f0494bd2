import { dirname, join } from 'node:path';
import { answeringCall } from '../answering-call.js';
import type { Clock } from '../clock.js';
import { askLinkIfAny, askPathIfAny, type FileVersion } from '../file-stat.js';
import { withDeadline } from '../lease/with-deadline.js';
import { noteHanging, SILENT_MS, SourceSilentError } from '../silent-source.js';
import { type BatchContent, FILE_READ } from '../sync/source/batch-content.js';
import type { FileReader } from '../sync/source/file-reader.js';
import { pathsOf, versionAt } from '../sync/upload-batch.js';
import type { RelativePath } from '../watcher/entry.js';

/** The source here is another one than that of the order. Nothing was sent. */
export class SourceDiffersError extends Error {
  override readonly name = 'SourceDiffersError';
  /** By the root or the folders of the proof, which the coordinator may have taken before some were renamed. */
  readonly byProof: boolean;

  constructor(message: string, { byProof }: { readonly byProof: boolean }) {
    super(message);
    this.byProof = byProof;
  }
}

/** The source of a mirror on this machine. */
export interface SourceHere {
  readonly root: string;
  /** Whether files are read through symbolic links. */
  readonly follow: boolean;
  /** Why it is another one than that of the order, by its root and its landmarks; undefined: it is not. */
  differs(): Promise<string | undefined>;
  readonly clock: Clock;
  /** What is being read is not waited for any more. */
  readonly interrupt: AbortSignal;
}

/**
 * The same reader for a source that may be another one than the coordinator's, or not be mounted, or not answer. `readAll` rejects
 * with SourceSilentError, and with SourceDiffersError when most files of a batch are others here than in its order, and not because they were changed since. Files
 * that were changed or removed are none of that: there may be many of them, and they say nothing about the source.
 */
export function readingSameSource(
  reader: Pick<FileReader, 'readAll' | 'release'>,
  source: SourceHere,
): Pick<FileReader, 'readAll' | 'release'> {
  const { clock, interrupt } = source;
  const silent = () =>
    new SourceSilentError(
      `its files were not read within ${SILENT_MS / 1_000} s: does the file server of the source answer?`,
    );
  return {
    release: reader.release,
    async readAll(batch): Promise<BatchContent> {
      const reading = reader.readAll(batch);
      const read = () => reading;
      const content = await withDeadline(clock, SILENT_MS, interrupt, read, silent).catch(
        (error) => {
          noteHanging(reading); // its thread is in it still, unless it is what has failed
          throw error;
        },
      );
      const rows = [...content.states.keys()];
      const others = rows.filter((row) => content.states[row] !== FILE_READ);
      if (2 * others.length <= rows.length) return content;
      const why = await source.differs();
      if (why !== undefined) throw new SourceDiffersError(why, { byProof: true });
      const paths = pathsOf(batch);
      let strange = 0;
      for (const row of others)
        if (!(await isChangedSince(source, paths[row] ?? '', versionAt(batch, row)))) strange += 1;
      if (2 * strange > rows.length)
        throw new SourceDiffersError(
          `${strange} of ${rows.length} files are missing here, or have other sizes, times or inodes, and were not changed since: is everything below ${source.root} mounted?`,
          { byProof: false },
        );
      return content;
    },
  };
}

/**
 * Whether a file that is not as it was ordered was changed, replaced or removed after that. All times are of one file system,
 * which sets a ctime itself. What is another version and not a later one is of another tree.
 */
async function isChangedSince(
  { root, follow, interrupt }: Pick<SourceHere, 'root' | 'follow' | 'interrupt'>,
  path: RelativePath,
  { ctimeNs }: FileVersion,
): Promise<boolean> {
  const ask = (below: string, look: typeof askPathIfAny) =>
    answeringCall(join(root, below), () => look(join(root, below)), { signal: interrupt });
  try {
    const found = await ask(path, follow ? askPathIfAny : askLinkIfAny);
    if (found !== undefined) return found.ctimeNs > ctimeNs;
    // To remove an entry changes its folder, or a folder above that where the whole folder was removed.
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      const above = await ask(folder, askPathIfAny);
      if (above !== undefined) return above.ctimeNs >= ctimeNs;
      if (folder === '.') return false;
    }
  } catch (error) {
    if (error instanceof SourceSilentError) throw error;
    interrupt.throwIfAborted();
    return false; // unreadable here, and not there
  }
}
