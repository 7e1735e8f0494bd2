import { printable } from '../printable.js';
import { EXIT } from './exit.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { onMirrorState } from './mirror-state.js';
import { findMirror, openConfig } from './open-config.js';
import { openOutput } from './output.js';

/**
 * `longshore accept-target MIRROR`: an operator confirms the present target, although none of the mirror's objects is in it:
 * the next run sends everything. Refused while a daemon runs, which would not read the decision.
 */
export async function acceptTarget(
  configFile: string | undefined,
  name: string,
  io: Io,
): Promise<number> {
  const config = await openConfig(io, configFile);
  const mirror = findMirror(config, name);
  const output = openOutput(io.stdout);
  return interruptible(io, async (signal) => {
    await onMirrorState(config, mirror, io, signal, ({ ledger }) =>
      ledger.update((document) => ({ ...document, acceptedTarget: true as const })),
    );
    output.line(
      `${name}: target ${printable(mirror.target)} is accepted; the next run sends every file that is missing there`,
    );
    await output.finish();
    return EXIT.OK;
  });
}
