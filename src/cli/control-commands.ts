import type { Command } from './commander.js';
import type { CommandContext } from './commands.js';
import {
  DIAGNOSE_DETAILS,
  EVENTS_DETAILS,
  PAUSE_DETAILS,
  RELOAD_DETAILS,
  WHY_DETAILS,
} from './help.js';

// Commander definitions of the commands that look into the running daemon and steer it. Each loads its code when it runs, as in
// commands.ts.

const JSON_ANSWER = 'print the JSON of the control API';

export function addControlCommands(program: Command, context: CommandContext): void {
  addQuestions(program, context);
  addReports(program, context);
  addOrders(program, context);
}

function addQuestions(program: Command, { io, config, done }: CommandContext): void {
  for (const [name, argument, description] of [
    ['queue', '[mirror]', 'show what waits'],
    ['quarantined', '[mirror]', 'show objects that failed repeatedly, and what to do about them'],
    ['changes', '[mirror]', 'show the last changes that the daemon made'],
    ['targets', '[target]', 'show how the calls to the targets go'],
  ] as const)
    program
      .command(name)
      .description(description)
      .argument(argument, `only this ${name === 'targets' ? 'target' : 'mirror'}`)
      .option('--json', JSON_ANSWER, false)
      .action(async (of: string | undefined, { json }: { json: boolean }) => {
        const { show } = await import('./show.js');
        done(await show(config(), { what: name, of, json }, io));
      });
  program
    .command('events')
    .description('print what happens in the running daemon, one JSON object per line')
    .option('--since <id>', 'first what has happened since this event')
    .addHelpText('after', EVENTS_DETAILS)
    .action(async ({ since }: { since?: string }) => {
      const { events } = await import('./events.js');
      done(await events(config(), since, io));
    });
}

function addReports(program: Command, { io, config, done }: CommandContext): void {
  program
    .command('why')
    .description('explain an object: rules, events, attempts, its version, and what comes next')
    .argument('<path>', 'a file, or the name of an object')
    .option('-m, --mirror <mirror>', 'of this mirror')
    .option('--json', JSON_ANSWER, false)
    .addHelpText('after', WHY_DETAILS)
    .action(async (path: string, options: { mirror?: string; json: boolean }) => {
      const { why } = await import('./why.js');
      done(await why(config(), { path, mirror: options.mirror, json: options.json }, io));
    });
  program
    .command('diagnose')
    .description(
      'print what a bug report needs: versions, configuration, states, the last log lines',
    )
    .option('--hide-names', 'hash the names of files, folders and containers', false)
    .addHelpText('after', DIAGNOSE_DETAILS)
    .action(async ({ hideNames }: { hideNames: boolean }) => {
      const { diagnose } = await import('./diagnose.js');
      done(await diagnose(config(), hideNames, io));
    });
}

function addOrders(program: Command, { io, config, done }: CommandContext): void {
  program
    .command('pause')
    .description('let deletes and uploads wait; changes are watched meanwhile')
    .argument('[name...]', 'mirrors or targets; default: all mirrors')
    .option('--for <duration>', 'how long, such as 2h', '1h')
    .addHelpText('after', PAUSE_DETAILS)
    .action(async (names: string[], options: { for: string }) => {
      const { pause } = await import('./pause.js');
      done(await pause(config(), { names, duration: options.for }, io));
    });
  program
    .command('resume')
    .description('end a pause before its time')
    .argument('[name...]', 'mirrors or targets; default: all that are paused')
    .action(async (names: string[]) => {
      const { resume } = await import('./pause.js');
      done(await resume(config(), names, io));
    });
  program
    .command('reload')
    .description('let the running daemon read its configuration again')
    .option('--apply', 'also what may delete objects, or leave them without a mirror', false)
    .option('--dry-run', 'only say what would be changed, and what that would destroy', false)
    .option('--json', JSON_ANSWER, false)
    .addHelpText('after', RELOAD_DETAILS)
    .action(async (options: { apply: boolean; dryRun: boolean; json: boolean }) => {
      const { reload } = await import('./reload.js');
      done(await reload(config(), options, io));
    });
  program
    .command('retry')
    .description('try quarantined objects now')
    .argument('[path...]', 'files, or names of objects; default: all')
    .option('-m, --mirror <mirror>', 'only of this mirror')
    .action(async (paths: string[], { mirror }: { mirror?: string }) => {
      const { retry } = await import('./retry.js');
      done(await retry(config(), { paths, mirror }, io));
    });
  program
    .command('log-level')
    .description('change how much the running daemon logs, until it ends')
    .argument('<module>', 'a mirror, a target, or all')
    .argument('<level>', 'error, warn, info, debug, or default: as configured')
    .action(async (module: string, level: string) => {
      const { logLevel } = await import('./log-level.js');
      done(await logLevel(config(), { module, level }, io));
    });
}
