import type { Command } from './commander.js';
import type { CommandContext } from './commands.js';
import { UsageError } from './exit.js';
import { IMPORT_REPORT_DETAILS, PATTERN_DETAILS, RESTORE_DETAILS, VERIFY_DETAILS } from './help.js';
import type { ListFolderOptions, ListOptions } from './list-stored.js';
import type { RestoreOptions } from './restore.js';
import type { VerifyOptions } from './verify.js';

// Commander definitions of the commands that read what is stored. Each loads its code when it runs, as in commands.ts.

const MIRROR = 'a mirror of the configuration, or DRIVER:CONTAINER[/PREFIX]';
const AT = 'the state at this time, such as 2026-11-22T17:38:05Z, by versions and trash';
const JSON_LINES = 'print one JSON object per line';

/** `restore`, `ls`, `find`, `verify` and `import-report`. */
export function addRestoreCommands(program: Command, context: CommandContext): void {
  const { io, config, done } = context;
  addListCommands(program, context);
  addVerifyCommand(program, context);
  addReportCommand(program, context);
  withPlaceOptions(
    program
      .command('restore')
      .description('download files into a folder, each one verified, with times, modes and links')
      .argument('<mirror>', MIRROR)
      .argument('[path...]', 'only these files, folders or patterns')
      .requiredOption('--to <folder>', 'the folder to restore into; made where it is missing')
      .option('--at <time>', AT)
      .option(
        '--overwrite <when>',
        'replace files with another content: never, older (than the object) or always',
        'never',
      )
      .option('--no-links', 'make plain files of link objects, as they are stored')
      .option('--owner', 'set owners and groups too, which takes root', false)
      .option('--special-bits', 'set set-user-id, set-group-id and sticky bits too', false)
      .option('--no-xattr', 'set no extended attributes and no ACLs')
      .option(
        '--shard <K/N>',
        'restore the Kth of N shards; others may write into the same folder meanwhile',
      )
      .option('-n, --dry-run', 'print what would be restored, and write nothing', false)
      .option('--json', JSON_LINES, false),
  )
    .addHelpText('after', RESTORE_DETAILS)
    .action(async (place: string, paths: string[], options: RestoreOptions) => {
      const { restore } = await import('./restore.js');
      done(await restore(config(), { place, paths }, options, io));
    });
}

/** `ls` and `find`: what can be asked for. */
function addListCommands(program: Command, { io, config, done }: CommandContext): void {
  withPlaceOptions(
    program
      .command('ls')
      .description('list the files and folders in a folder of a mirror')
      .argument('<mirror>', MIRROR)
      .argument('[path]', 'the folder; default: the mirror itself')
      .option('--at <time>', AT)
      .option('-l, --long', 'print sizes and times too', false)
      .option('--tree', 'list all that is below the folder, as a tree', false)
      .option('--json', JSON_LINES, false),
  ).action(async (place: string, path: string | undefined, options: ListFolderOptions) => {
    const { listFolder } = await import('./list-stored.js');
    done(await listFolder(config(), { place, path }, options, io));
  });
  withPlaceOptions(
    program
      .command('find')
      .description('list the files of a mirror that restore would restore for these patterns')
      .argument('<mirror>', MIRROR)
      .argument('<pattern...>', 'files, folders or patterns')
      .option('--at <time>', AT)
      .option('-l, --long', 'print sizes and times too', false)
      .option('--json', JSON_LINES, false),
  )
    .addHelpText('after', PATTERN_DETAILS)
    .action(async (place: string, patterns: string[], options: ListOptions) => {
      const { findStored } = await import('./list-stored.js');
      done(await findStored(config(), { place, patterns }, options, io));
    });
}

function addVerifyCommand(program: Command, { io, config, done }: CommandContext): void {
  withPlaceOptions(
    program
      .command('verify')
      .description('compare what is stored with the index, and read a share of it back')
      .argument('<mirror...>', 'mirrors of the configuration, or DRIVER:CONTAINER[/PREFIX]')
      .option(
        '--read-back <share>',
        'how much is read back, oldest proof first: 10GiB, all, none or, by default, 5%',
      )
      .option('--report <file>', 'write a line of JSON for each object to this file')
      .option(
        '--shard <K/N>',
        'read back the Kth of N shards, all of it, for the daemon of another machine to record',
      )
      .option('--daemon', 'let the running daemon read it back, record it and heal')
      .option('--json', JSON_LINES, false),
  )
    .addHelpText('after', VERIFY_DETAILS)
    .action(async (places: string[], options: VerifyOptions & { daemon?: boolean }) => {
      if (options.daemon === true) {
        const { verifyInDaemon } = await import('./verify-in-daemon.js');
        const { readBack = DEFAULT_SHARE, json, report, shard } = options;
        if (report !== undefined)
          throw new UsageError('--daemon writes no report: leave one of --daemon and --report out');
        if (shard !== undefined)
          throw new UsageError(
            '--daemon reads everything itself: leave one of --daemon and --shard out',
          );
        done(await verifyInDaemon(config(), { mirrors: places, readBack, json }, io));
        return;
      }
      const { verify } = await import('./verify.js');
      done(await verify(config(), places, options, io));
    });
}

/** What verify reads back without `--read-back` and `--shard`. */
const DEFAULT_SHARE = '5%';

function addReportCommand(program: Command, { io, config, done }: CommandContext): void {
  program
    .command('import-report')
    .description('put reports of "verify --shard --report" into the container, for the daemon')
    .argument('<mirror>', 'a mirror of the configuration')
    .argument('<file...>', 'what verify has written')
    .addHelpText('after', IMPORT_REPORT_DETAILS)
    .action(async (mirror: string, files: string[]) => {
      const { importReport } = await import('./import-report.js');
      done(await importReport(config(), mirror, files, io));
    });
}

/** The settings of a container that no configuration describes. */
export function withPlaceOptions(command: Command): Command {
  return command
    .option('--profile <name>', 'with s3:CONTAINER, the provider, such as aws')
    .option('--region <name>', 'with DRIVER:CONTAINER, the region')
    .option('--endpoint <url>', 'with DRIVER:CONTAINER, where the service is')
    .option(
      '-o, --option <key=value>',
      'with DRIVER:CONTAINER, any other setting of the driver; repeat it for several',
      (each: string, all: readonly string[] = []) => [...all, each],
    );
}
