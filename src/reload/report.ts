import { ConfigError } from '../config/config-error.js';
import type { Logger } from '../log.js';
import { RefusedError } from '../status/api.js';
import type { ReloadAnswer } from '../status/schema-reload.js';

/** A reload failed between its first step and its last: the daemon ends, and its next start reads the file. */
export class ReloadFailedError extends Error {
  override readonly name = 'ReloadFailedError';

  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`the configuration could not be carried out, and the daemon ends: ${why}`, { cause });
  }
}

/** As the control API answers. */
export function refusalOf(error: unknown): RefusedError {
  if (error instanceof RefusedError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ReloadFailedError) return new RefusedError(500, message);
  if (error instanceof ConfigError)
    return new RefusedError(422, message, { errors: message.split('\n') });
  return new RefusedError(409, `nothing was changed: ${message}`);
}

/** A line for each error of the file. */
export function logRefusal(log: Logger, file: string, error: unknown): void {
  if (error instanceof ReloadFailedError) {
    log.error('reload failed', { file, error });
    return;
  }
  if (!(error instanceof ConfigError)) {
    log.error('reload refused, nothing was changed', { file, error });
    return;
  }
  const problems = error.message.split('\n');
  for (const problem of problems) log.error('configuration wrong', { problem });
  log.error('reload refused, nothing was changed', { file, problems: problems.length });
}

export function logAnswer(log: Logger, answer: ReloadAnswer): void {
  const { outcome, file, mirrors, targets, daemon, affected, seconds } = answer;
  for (const each of affected) {
    const { names: _, ...fields } = each;
    if (outcome === 'done') log.warn('reload concerns objects', fields);
    else log.warn('reload waits for --apply', fields);
  }
  if (outcome === 'announced') return;
  if (outcome === 'unchanged') log.info('configuration unchanged', { file });
  else
    log.info('configuration reloaded', {
      file,
      kept: mirrors.kept.length,
      added: mirrors.added,
      removed: mirrors.removed,
      changed: mirrors.changed.map(({ mirror }) => mirror),
      targets: targets.map(({ target }) => target),
      daemon,
      seconds: Math.round(seconds * 1_000) / 1_000,
    });
}
