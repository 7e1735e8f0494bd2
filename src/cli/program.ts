import { readVersion } from '../package-files.js';
import { escapeUnprintable } from '../printable.js';
import { addContainerCommands, addObjectCommands, addTrashCommands } from './by-hand-commands.js';
import { Command } from './commander.js';
import { addDecisionCommands, addMirrorCommands, addSetupCommands } from './commands.js';
import { addCompletionCommands } from './completion-commands.js';
import { addControlCommands } from './control-commands.js';
import { EXAMPLES, SUMMARY } from './help.js';
import type { Io, Program } from './io.js';
import { addFirstCommands } from './place-commands.js';
import { addRestoreCommands } from './restore-commands.js';
import type { MirrorHands, TargetCommand } from './with-target.js';

interface GlobalOptions {
  readonly config?: string;
  readonly logJson?: boolean;
}

/** All commands and options. `done` takes the exit code of the one that was run. */
export function buildProgram(outside: Io, engine: Program, done: (code: number) => void): Command {
  // Options are known once they are read. What it does not say itself, `outside` says.
  const io: Io = Object.create(outside, {
    logFormat: { get: () => (program.opts<GlobalOptions>().logJson ? 'json' : undefined) },
  }) as Io;
  const program = new Command('longshore')
    .description(SUMMARY)
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or with a command the help of that command')
    .helpCommand('help [command]', 'print the help of a command')
    .option('-c, --config <file>', 'the configuration file; "-" is stdin')
    .option(
      '--log-json',
      'write the log as JSON, one object per line, whatever the configuration says',
    )
    .option('--reconcile [mirror...]', 'another spelling of the command reconcile')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // The error may quote a hostile file name. Commander puts only its suggestion on a second line.
      outputError: (text, write) =>
        write(
          `${text
            .trimEnd()
            .split(/\n(?=\(Did you mean )/)
            .map(escapeUnprintable)
            .join('\n')}\n`,
        ),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(see longshore --help)');
  const config = () => program.opts<GlobalOptions>().config;

  const context = { io, engine, config, done };
  addMirrorCommands(program, context);
  addDecisionCommands(program, context);
  addControlCommands(program, context);
  addRestoreCommands(program, context);
  addSetupCommands(program, context);
  const onTarget = async (target: string, work: (command: TargetCommand) => Promise<void>) => {
    const { withTarget } = await import('./with-target.js');
    done(await withTarget(config(), target, io, work));
  };
  const onMirror = async (mirror: string, work: (command: MirrorHands) => Promise<number>) => {
    const { withMirrorTarget } = await import('./with-target.js');
    done(await withMirrorTarget(config(), mirror, io, work));
  };
  addTrashCommands(program, onMirror);
  addContainerCommands(program, onTarget);
  addObjectCommands(program, onTarget);
  addFirstCommands(program, context);
  addCompletionCommands(program, context);
  return program;
}
