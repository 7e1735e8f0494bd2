import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { Answers, Destination } from './init-answers.js';
import { configText, nameOf, TARGET } from './init-config.js';
import { type PlacedSecrets, placeSecrets } from './init-secrets.js';

/** Where the configuration is written to, and for whom. */
export interface Site {
  /** As it was given. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  readonly onStdout: boolean;
  /** Below /etc/: that of the system's service, which has neither this environment nor this user's files. */
  readonly forService: boolean;
}

/** The service has its state here (systemd/longshore.service). */
export const SERVICE_STATE = '/var/lib/longshore';

/** The configuration that the answers come to, and the files of its secrets. Pure. `cwd`: what relative folders are seen from. */
export function configurationOf(
  { source, destination, deletes, page }: Answers,
  { path, forService }: Site,
  cwd: string,
): { readonly text: string; readonly files: PlacedSecrets['files'] } {
  const folder = dirname(path);
  const sourceInFile = source === undefined ? undefined : seenFrom(folder, source, cwd);
  const { target, files } = targetOf(destination, { folder, cwd, forService });
  const text = configText({
    state: forService ? SERVICE_STATE : './.longshore',
    page: page === 'off' ? undefined : page,
    target,
    source: sourceInFile,
    container:
      destination.kind === 'account'
        ? destination.container
        : (sourceInFile === undefined ? 'documents' : nameOf(sourceInFile)).toLowerCase(),
    prefix: destination.kind === 'account' ? destination.prefix : '',
    deletes,
  });
  return { text, files };
}

function targetOf(
  destination: Destination,
  { folder, cwd, forService }: { folder: string; cwd: string; forService: boolean },
): { readonly target: Readonly<Record<string, unknown>>; readonly files: PlacedSecrets['files'] } {
  if (destination.kind === 'folder') {
    const { path = './containers' } = destination;
    const root = destination.path === undefined ? path : seenFrom(folder, path, cwd);
    return { target: { driver: 'local', root }, files: [] };
  }
  const { driver, settings, secrets } = destination;
  const { settings: places, files } =
    secrets === undefined
      ? { settings: {}, files: [] }
      : placeSecrets(secrets, { target: TARGET, forService });
  return { target: { driver, ...settings, ...places }, files };
}

/** Relative paths in a configuration are relative to its file. */
function seenFrom(folder: string, given: string, cwd: string): string {
  if (isAbsolute(given) || folder === resolve(cwd)) return given;
  const path = resolve(cwd, given);
  const inside = relative(folder, path);
  return inside.split(sep)[0] === '..' || isAbsolute(inside) ? path : `./${inside}`;
}
