import { didYouMean } from '../config/suggest.js';
import { openState } from '../state/open-state.js';
import { identityOf } from '../sync/source-identity.js';
import { isEmptySource, openSource } from '../watcher/source.js';
import { EXIT, UsageError } from './exit.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';

/** `longshore accept-source MIRROR`: the folder that is there now is the mirror's source, even if it is another one, or empty. */
export async function acceptSource(configFile: string | undefined, name: string, io: Io): Promise<number> {
  const config = await openConfig(io, configFile);
  const mirror = config.mirrors.find((one) => one.name === name);
  if (!mirror) {
    const known = config.mirrors.map((one) => one.name);
    throw new UsageError(`no mirror is called ${JSON.stringify(name)}${didYouMean(name, known)}\nmirrors: ${known.join(', ')}`);
  }
  const source = identityOf(openSource(mirror.source));
  const empty = isEmptySource(mirror.source, []);
  // Refused while a daemon runs: it would not hear of it.
  const state = await openState({ folder: config.stateFolder, mirrors: [{ name, engine: mirror.index }], clock: io.clock });
  try {
    const { ledger } = state.mirrors.get(name) ?? {};
    await ledger?.update(({ acceptedEmpty: _, ...document }) => ({
      ...document,
      source,
      ...(empty ? { acceptedEmpty: true as const } : {}),
    }));
  } finally {
    await state.close();
  }
  io.stdout.write(`${name}: ${mirror.source} is its source${empty ? ', and is meant to be empty' : ''}; the next run mirrors it\n`);
  return EXIT.OK;
}
