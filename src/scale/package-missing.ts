import { ConfigError } from '../config/config-error.js';

/** The versions that longshore is tested with; package.json has them, too. */
const PACKAGES = 'bullmq@6.7.0 ioredis@6.0.0';

const NOT_FOUND: ReadonlySet<unknown> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/** What to do where an optional package cannot be loaded. Any other error is returned unchanged. */
export function packageMissing(error: unknown): unknown {
  if (!NOT_FOUND.has((error as NodeJS.ErrnoException).code)) return error;
  return new ConfigError(
    `the configuration has a queue, and the packages for it are not installed; where longshore is installed, run: npm install ${PACKAGES}`,
    { cause: error },
  );
}
