import type { Command } from './commander.js';
import type { CommandContext } from './commands.js';
import { IMPORT_DETAILS, INIT_DETAILS, MIRROR_DETAILS } from './help.js';
import type { InitCommand } from './init.js';
import type { MirrorCommand } from './mirror.js';
import { prepareToMirror } from './prepare.js';
import { withPlaceOptions } from './restore-commands.js';

/** `init`, `mirror` and `import`: the first minute, without a configuration. Each loads its code when it runs, as in commands.ts. */
export function addFirstCommands(program: Command, { io, engine, done }: CommandContext): void {
  addInitCommand(program, { io, done });
  withPlaceOptions(
    program
      .command('mirror')
      .description('mirror one folder to one place, without a configuration')
      .argument('<folder>', 'the folder to mirror')
      .argument('<place>', 'DRIVER:CONTAINER[/PREFIX] such as s3:backups/laptop, or local:PATH')
      .option('--once', 'compare once, do all the work, then exit', false)
      .option(
        '--exclude <pattern>',
        'leave these files out, as in .gitignore; repeat it for several',
        (each: string, all: readonly string[]) => [...all, each],
        [],
      )
      .option(
        '--deletes <mode>',
        'what happens to objects of deleted files: mirror, trash or keep',
      ),
  )
    .addHelpText('after', MIRROR_DETAILS)
    .action(
      async (
        source: string,
        place: string,
        options: Omit<MirrorCommand, 'source' | 'place' | 'deletes'> & { deletes?: string },
      ) => {
        prepareToMirror();
        const { mirror } = await import('./mirror.js');
        const { deletes, ...others } = options;
        done(await mirror({ ...others, deletes, source, place }, io, engine));
      },
    );
  program
    .command('import')
    .description('print the targets of a configuration, made of the remotes of another program')
    .argument('<file>', 'a configuration of rclone: rclone config file prints where it is')
    .addHelpText('after', IMPORT_DETAILS)
    .action(async (file: string) => {
      const { importRemotes } = await import('./import-rclone.js');
      done(await importRemotes(file, io));
    });
}

function addInitCommand(program: Command, { io, done }: Pick<CommandContext, 'io' | 'done'>): void {
  withPlaceOptions(
    program
      .command('init')
      .description('write a short configuration, and try it; an existing file is never overwritten')
      .argument('[file]', 'the file to write; "-" is stdout', 'longshore.yaml')
      .option('--source <folder>', 'the folder to mirror')
      .option(
        '--to <place>',
        'the folder to keep the copies in, or DRIVER:CONTAINER[/PREFIX] such as s3:backups/laptop',
      )
      .option('--account <name>', 'with DRIVER:CONTAINER, which of the accounts that were found')
      .option('--deletes <mode>', 'what happens to objects of deleted files: mirror, trash or keep')
      .option('--status-page <address>', 'serve the status page there, such as 127.0.0.1:7460')
      .option('--probe', 'try the target when the file is written', false)
      .option('--create', 'with --probe: create the container first when it is missing', false),
  )
    .addHelpText('after', INIT_DETAILS)
    .action(async (file: string, options: Omit<InitCommand, 'file'>) => {
      const { init } = await import('./init.js');
      done(await init({ ...options, file }, io));
    });
}
