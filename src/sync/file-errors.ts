/** The file is not the version that was seen: it was written, replaced or removed since. It is looked at again. */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError';
  readonly path: string;

  constructor(path: string, options?: ErrorOptions) {
    super(`${path} changed while it was read; it is tried again when it is quiet`, options);
    this.path = path;
  }
}

/** The file is there and cannot be read; `code` is the system's (EACCES, EIO, …). */
export class FileUnreadableError extends Error {
  override readonly name = 'FileUnreadableError';
  readonly path: string;
  readonly code: string;

  constructor(path: string, code: string, message: string, options?: ErrorOptions) {
    super(`cannot read ${path}: ${message}`, options);
    this.path = path;
    this.code = code;
  }
}
