import { readVersion } from '../package-files.js';
import { escapeUnprintable } from '../printable.js';
import { addContainerCommands, addObjectCommands, addTrashCommands } from './by-hand-commands.js';
import { Command, CommanderError } from './commander.js';
import { addDecisionCommands, addMirrorCommands, addSetupCommands } from './commands.js';
import { addControlCommands } from './control-commands.js';
import { errorLines } from './error-lines.js';
import { EXIT, exitCodeOf } from './exit.js';
import { EXAMPLES, SUMMARY } from './help.js';
import type { Io, Program } from './io.js';
import { writesToJournal } from './journal.js';
import { type Output, openOutput } from './output.js';
import { addRestoreCommands } from './restore-commands.js';
import type { MirrorHands, TargetCommand } from './with-target.js';

/** Runs one command line (without the program's own name) to its end. Resolves with the exit code; never rejects. */
export async function run(argv: readonly string[], io: Io, engine: Program): Promise<number> {
  // A closed pipe is no failure for help and error texts; output.ts sees to it for results.
  for (const stream of [io.stdout, io.stderr]) stream.on('error', () => {});
  const output = openOutput(io.stdout);
  let code: number = EXIT.OK;
  const program = buildProgram(io, engine, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(withOneShotCommand(argv), { from: 'user' });
    return code;
  } catch (error) {
    // Commander has already printed the error, or the help that was asked for.
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? whenWritten(output, io) : EXIT.USAGE;
    io.stderr.write(errorLines(error, writesToJournal(io)));
    return exitCodeOf(error);
  }
}

/** A help that could not be written (a full disk) is a failure like any other. */
async function whenWritten(output: Output, io: Io): Promise<number> {
  try {
    await output.finish();
    return EXIT.OK;
  } catch (error) {
    io.stderr.write(errorLines(error, writesToJournal(io)));
    return EXIT.FAILED;
  }
}

/** `--reconcile [MIRROR...]` is another spelling of the command `reconcile`. */
function withOneShotCommand(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const at = argv
    .slice(0, end)
    .findIndex((word) => word === '--reconcile' || word.startsWith('--reconcile='));
  if (at < 0) return [...argv];
  const value = argv[at]?.slice('--reconcile='.length) ?? '';
  return [
    'reconcile',
    ...argv.slice(0, at),
    ...(value === '' ? [] : [value]),
    ...argv.slice(at + 1),
  ];
}

interface GlobalOptions {
  readonly config?: string;
}

function buildProgram(io: Io, engine: Program, done: (code: number) => void): Command {
  const program = new Command('longshore')
    .description(SUMMARY)
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or with a command the help of that command')
    .helpCommand('help [command]', 'print the help of a command')
    .option('-c, --config <file>', 'the configuration file; "-" is stdin')
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
  return program;
}
