import { printable } from '../printable.js';
import { affectedText } from '../reload/answer.js';
import { askDaemon, DaemonNotRunningError } from '../status/client.js';
import type { ReloadAnswer, ReloadPreview } from '../status/schema-reload.js';
import { withDaemon } from './ask.js';
import { EXIT } from './exit.js';
import type { Io } from './io.js';
import type { Output } from './output.js';

export interface ReloadCommand {
  readonly apply: boolean;
  /** Only what would be done. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Transfers of mirrors that begin again may take the drain time to finish. */
const PATIENCE_MS = 10 * 60_000;

/**
 * `longshore reload [--apply | --dry-run]`. A file that is wrong is refused here, with all its errors, before the daemon is asked. Resolves
 * with EXIT.HELD where something waits for `--apply`.
 */
export async function reload(
  configFile: string | undefined,
  { apply, dryRun, json }: ReloadCommand,
  io: Io,
): Promise<number> {
  let waits = false;
  const code = await withDaemon(configFile, io, async ({ asking, config, get, output }) => {
    if (dryRun) {
      const preview = (await get('/reload')) as ReloadPreview;
      waits = preview.outcome === 'announced';
      if (json) output.json(preview);
      else printPreview(preview, output);
      return;
    }
    const answer = (await askDaemon('POST', '/api/v1/reload', {
      ...asking,
      body: { apply },
      patienceMs: PATIENCE_MS,
    }).catch((error: unknown) => {
      throw explained(error, config.stateFolder);
    })) as ReloadAnswer;
    waits = answer.outcome === 'announced';
    if (json) output.json(answer);
    else print(answer, output);
  });
  return code === EXIT.OK && waits ? EXIT.HELD : code;
}

/** The file may name another state folder by now than the daemon works with. */
function explained(error: unknown, stateFolder: string): unknown {
  if (!(error instanceof DaemonNotRunningError)) return error;
  return new DaemonNotRunningError(
    `${error.message}. If the configuration named another state folder than ${stateFolder} until now, restart the daemon`,
    { cause: error },
  );
}

function print(answer: ReloadAnswer, output: Output): void {
  const { outcome, file } = answer;
  if (outcome === 'unchanged') output.line(`${printable(file)}: nothing has changed`);
  else output.line(outcome === 'done' ? `${printable(file)}: loaded` : `${printable(file)}:`);
  printChanges(answer, output);
  if (outcome === 'announced')
    output.line('nothing was changed yet; to go on with all of it: longshore reload --apply');
}

function printPreview(preview: ReloadPreview, output: Output): void {
  const { outcome, file, refused } = preview;
  output.line(`${printable(file)}: ${WOULD[outcome]}`);
  for (const why of refused) output.line(`  ${printable(why)}`);
  printChanges(preview, output);
}

const WOULD = {
  unchanged: 'nothing has changed',
  done: 'would be loaded',
  announced: 'would wait for --apply',
  refused: 'would be refused',
} as const;

function printChanges(answer: ReloadAnswer | ReloadPreview, output: Output): void {
  const { outcome, mirrors, targets, daemon, affected } = answer;
  const names = (list: readonly string[]) => list.map(printable).join(', ');
  if (mirrors.added.length > 0) output.line(`  added: ${names(mirrors.added)}`);
  if (mirrors.removed.length > 0) output.line(`  removed: ${names(mirrors.removed)}`);
  for (const { mirror, settings, restarts } of mirrors.changed)
    output.line(`  ${restarts ? 'begins again' : 'changed'}: ${mirror} (${names(settings)})`);
  for (const { target, settings } of targets)
    output.line(
      `  target ${target}: ${settings.length === 0 ? 'added or removed' : names(settings)}`,
    );
  if (daemon.length > 0) output.line(`  daemon: ${names(daemon)}`);
  if (mirrors.kept.length > 0 && outcome !== 'unchanged')
    output.line(`  not touched: ${mirrors.kept.length} of the mirrors`);
  for (const each of affected) {
    output.line(`  ${affectedText(each)}`);
    for (const name of each.names) output.line(`    ${printable(name)}`);
  }
}
