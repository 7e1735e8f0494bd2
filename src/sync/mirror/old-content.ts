import type { MirrorSettings } from '../mirror-settings.js';
import type { MirrorParts } from './mirror-parts.js';

interface StartingMirror {
  readonly settings: Pick<MirrorSettings, 'name' | 'container' | 'policy'>;
  readonly parts: Pick<MirrorParts, 'backend' | 'log'>;
}

/**
 * Says in the log whether the container keeps earlier versions itself, so that what is deleted or overwritten can be had
 * back whatever `deletes` says. Never rejects, but with the signal's reason: credentials that may mirror need not be allowed to ask.
 */
export async function warnOfVersions(
  { settings, parts: { backend, log } }: StartingMirror,
  signal: AbortSignal,
): Promise<void> {
  const { name, container, policy } = settings;
  const { versions } = backend.capabilities;
  if (versions === undefined) return;
  try {
    if (!(await versions.keepsVersions(container, { signal }))) return;
  } catch (error) {
    signal.throwIfAborted();
    log.debug('cannot tell whether the container keeps versions', {
      mirror: name,
      container,
      error,
    });
    return;
  }
  const note =
    policy.deletes === 'trash'
      ? 'it would keep what is deleted or overwritten without a trash, too (deletes: mirror)'
      : 'it keeps what is deleted or overwritten, for as long as its own rules say';
  log.info('the container keeps versions', { mirror: name, container, note });
}
