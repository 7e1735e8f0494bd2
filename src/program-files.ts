import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { statDescriptor, statPath } from './file-stat.js';

/** An upgrade of the package has replaced the program's files: threads of the new version do not speak the language of the old one. */
export class ProgramReplacedError extends Error {
  override readonly name = 'ProgramReplacedError';

  constructor(path: string) {
    super(
      `the program was replaced on disk (${path} is another file than at its start); restart it`,
    );
  }
}

/** A file with code that a thread loads later than at the program's start. */
export interface ProgramFile {
  /** The file's address, while it is the one that was there at the start. @throws ProgramReplacedError */
  load(): URL;
}

const replaced = new AbortController();
/** Aborted, with a ProgramReplacedError, as soon as some part of the program has found that it was replaced. */
export const programReplaced: AbortSignal = replaced.signal;

/**
 * Opens the file and keeps it open, so that no other file can have its inode: one that is at its path later, and is not the
 * same, is then seen to be another. A file that could not be opened is loaded unseen.
 */
export function programFile(url: URL): ProgramFile {
  const path = fileURLToPath(url);
  const atStart = identityOf(() => statDescriptor(openSync(path, 'r')));
  return {
    load() {
      if (atStart === undefined || atStart === identityOf(() => statPath(path))) return url;
      const error = new ProgramReplacedError(path);
      replaced.abort(error);
      throw error;
    },
  };
}

/** As text; undefined when there is no file. */
function identityOf(
  stat: () => {
    readonly dev: bigint;
    readonly ino: bigint;
    readonly size: bigint;
    readonly mtimeNs: bigint;
  },
) {
  try {
    const { dev, ino, size, mtimeNs } = stat();
    return [dev, ino, size, mtimeNs].join(' ');
  } catch {
    return undefined;
  }
}
