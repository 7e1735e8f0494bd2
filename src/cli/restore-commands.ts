import type { Command } from './commander.js';
import type { CommandContext } from './commands.js';
import { RESTORE_DETAILS } from './help.js';
import type { RestoreOptions } from './restore.js';

// Commander definitions of the commands that read what is stored. Each loads its code when it runs, as in commands.ts.

/** `restore`, `ls` and `find`. */
export function addRestoreCommands(program: Command, { io, config, done }: CommandContext): void {
  withPlaceOptions(
    program
      .command('restore')
      .description('download files into a folder, each one verified, with times, modes and links')
      .argument('<mirror>', 'a mirror of the configuration, or DRIVER:CONTAINER[/PREFIX]')
      .argument('[path...]', 'only these files, folders or patterns')
      .requiredOption('--to <folder>', 'the folder to restore into; made where it is missing')
      .option(
        '--overwrite <when>',
        'replace files with another content: never, older (than the object) or always',
        'never',
      )
      .option('--no-links', 'make plain files of link objects, as they are stored')
      .option('--owner', 'set owners and groups too, which takes root', false)
      .option('--special-bits', 'set set-user-id, set-group-id and sticky bits too', false)
      .option('-n, --dry-run', 'print what would be restored, and write nothing', false)
      .option('--json', 'print one JSON object per line', false),
  )
    .addHelpText('after', RESTORE_DETAILS)
    .action(async (place: string, paths: string[], options: RestoreOptions) => {
      const { restore } = await import('./restore.js');
      done(await restore(config(), { place, paths }, options, io));
    });
}

/** The settings of a container that no configuration describes. */
function withPlaceOptions(command: Command): Command {
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
