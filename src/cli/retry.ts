import type { Config } from '../config/config.js';
import { printable } from '../printable.js';
import { counted } from '../status/units.js';
import { withDaemon } from './ask.js';
import type { Io } from './io.js';
import { namesOfPath } from './names-of-path.js';
import { checkMirrorNames } from './open-config.js';

export interface RetryCommand {
  readonly paths: readonly string[];
  readonly mirror: string | undefined;
}

/** `longshore retry [PATH...] [--mirror MIRROR]`: quarantined objects are tried now. */
export function retry(
  configFile: string | undefined,
  { paths, mirror }: RetryCommand,
  io: Io,
): Promise<number> {
  return withDaemon(configFile, io, async ({ config, output, post }) => {
    if (mirror !== undefined) checkMirrorNames(config, [mirror]);
    for (const body of requests(config, paths, mirror, io)) {
      const { objects } = (await post('/retry', { ...body })) as { readonly objects: number };
      output.line(
        `${printable(body.mirror)}: ${objects === 0 ? 'nothing is quarantined' : `${counted(objects, 'object is', 'objects are')} tried now`}`,
      );
    }
  });
}

function requests(
  config: Config,
  paths: readonly string[],
  mirror: string | undefined,
  io: Pick<Io, 'cwd'>,
): readonly { readonly mirror: string; readonly name?: string }[] {
  if (paths.length > 0) return paths.flatMap((path) => namesOfPath(config, path, mirror, io));
  return config.mirrors
    .filter(({ name }) => mirror === undefined || name === mirror)
    .map(({ name }) => ({ mirror: name }));
}
