/** Errors of the state folder. Each message names the file, the cause and what to do. */
export class StateError extends Error {
  override readonly name: string = 'StateError';
  /** Absolute path of the file or folder. */
  readonly path: string;

  constructor(path: string, problem: string, cause?: unknown) {
    super(`${path}: ${problem}`, cause === undefined ? undefined : { cause });
    this.path = path;
  }
}

/** The bytes can be read and are not what was written. The file is set aside and rebuilt; it never counts as empty. */
export class StateDamagedError extends StateError {
  override readonly name = 'StateDamagedError';
}

/** The ledger belongs to another mirror: files of the state were moved or copied. */
export class OthersLedgerError extends StateDamagedError {}

/** Written by a newer longshore: refused, and neither rewritten nor set aside. */
export class StateNewerError extends StateError {
  override readonly name = 'StateNewerError';

  constructor(path: string, found: number | string, known: number) {
    super(
      path,
      `is of version ${found}, this longshore knows versions up to ${known}. Run the newer longshore that wrote it, or move the file away to start from the container's listing`,
    );
  }
}

/** The file system refused a read or a write (EACCES, EIO, ENOSPC, ...): the content is unknown. */
export class StateUnavailableError extends StateError {
  override readonly name = 'StateUnavailableError';
}

/** LMDB has failed, and cannot be used again in this process (see failed-environment.ts): it ends. */
export class LmdbUnusableError extends StateUnavailableError {}

/**
 * A write to the index failed. After that LMDB cannot be relied on in this process (see lmdb-file.ts): the process ends,
 * and the next one begins with what was durable.
 */
export class StateWriteFailedError extends StateError {
  override readonly name = 'StateWriteFailedError';
}

/** An index was to be made again, and there is one that a reconcile has finished on. */
export class IndexInUseError extends StateError {
  override readonly name = 'IndexInUseError';

  constructor(path: string, mirror: string) {
    super(
      path,
      `is sound, and a reconcile has finished on it, so nothing is to be rebuilt. To set it aside and make it again all the same: longshore rebuild ${mirror} --force`,
    );
  }
}

/** Another longshore process uses the same state folder. */
export class StateLockedError extends StateError {
  override readonly name = 'StateLockedError';
}

/** The system's error code (`ENOENT`), or the empty string where there is none. */
export function systemCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
