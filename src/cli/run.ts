import { readVersion } from '../package-files.js';
import { escapeUnprintable } from '../printable.js';
import { acceptSource } from './accept-source.js';
import { acceptTarget } from './accept-target.js';
import { addContainerCommands, addObjectCommands, addTrashCommands } from './by-hand-commands.js';
import { check } from './check.js';
import { Command, CommanderError } from './commander.js';
import { decideHeld, rejection } from './decide-held.js';
import { errorLines } from './error-lines.js';
import { EXIT, exitCodeOf } from './exit.js';
import { held } from './held.js';
import { EXAMPLES, ONCE_DETAILS, PROBE_DETAILS, SUMMARY } from './help.js';
import { init } from './init.js';
import type { Io, Program } from './io.js';
import { once } from './once.js';
import { writesToJournal } from './open-log.js';
import { type Output, openOutput } from './output.js';
import { printSchema } from './print-schema.js';
import { probe } from './probe.js';
import { serve } from './serve.js';
import { status } from './status.js';
import { withMirrorTarget, withTarget } from './with-target.js';

/** Runs one command line (without the program's own name) to its end. Resolves with the exit code; never rejects. */
export async function run(argv: readonly string[], io: Io, engine: Program): Promise<number> {
  // Help and complaints that nobody reads are no failure; what results go through (output.ts) sees for itself.
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
    // Commander has already said what is wrong, or printed what was asked for.
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

const TAKE_OVER = 'take the place in the container from a machine that is gone for good';

interface GlobalOptions {
  readonly config?: string;
}

function buildProgram(io: Io, engine: Program, done: (code: number) => void): Command {
  const program = new Command('longshore')
    .description(SUMMARY)
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or with a command that of the command')
    .helpCommand('help [command]', 'print the help of a command')
    .option('-c, --config <file>', 'the configuration file; "-" is stdin')
    .option('--reconcile [mirror...]', 'the same as the command reconcile')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // What it repeats of the command line may be a file's name; a line of its own is only its suggestion.
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
    .showHelpAfterError('(longshore --help tells more)');
  const config = () => program.opts<GlobalOptions>().config;

  program
    .command('run')
    .description('mirror continuously, in the foreground, until SIGTERM or Ctrl-C')
    .option('--take-over', TAKE_OVER, false)
    .action(async ({ takeOver }: { takeOver: boolean }) =>
      done(await serve(config(), { takeOver }, io, engine)),
    );
  for (const [name, does] of [
    ['reconcile', 'compare sources, index and containers once, do all the work, then exit'],
    ['scan', 'compare sources and index only (no listing of containers), do the work, then exit'],
  ] as const) {
    program
      .command(name)
      .description(does)
      .argument('[mirror...]', 'only these mirrors')
      .option('-n, --dry-run', 'print what would be done and change nothing', false)
      .option('--json', 'print one JSON object a line', false)
      .option('--take-over', TAKE_OVER, false)
      .addHelpText('after', ONCE_DETAILS)
      .action(
        async (mirrors: string[], options: { dryRun: boolean; json: boolean; takeOver: boolean }) =>
          done(await once(config(), { run: name, mirrors, ...options }, io, engine)),
      );
  }
  program
    .command('status')
    .description('ask the running daemon how it is')
    .argument('[mirror]', 'only this mirror')
    .option('--json', 'print JSON', false)
    .option('-w, --watch', 'again every second, until Ctrl-C', false)
    .action(async (mirror: string | undefined, options: { json: boolean; watch: boolean }) =>
      done(await status(config(), { mirror, ...options }, io)),
    );
  program
    .command('accept-source')
    .description(
      'say that the folder which is there now is meant, although it is another one or empty',
    )
    .argument('<mirror>', 'whose source it is')
    .action(async (mirror: string) => done(await acceptSource(config(), mirror, io)));
  program
    .command('accept-target')
    .description('say that the target is meant, although it has nothing in it of what it held')
    .argument('<mirror>', 'whose target it is')
    .action(async (mirror: string) => done(await acceptTarget(config(), mirror, io)));
  program
    .command('held')
    .description('show the deletes and overwrites that wait for a decision')
    .argument('[mirror]', 'only of this mirror')
    .option('--json', 'print all of them, one JSON object a line', false)
    .action(async (mirror: string | undefined, { json }: { json: boolean }) =>
      done(await held(config(), { mirror, json }, io)),
    );
  program
    .command('approve')
    .description('say that what is held is meant')
    .argument('<mirror>', 'whose deletes and overwrites are meant')
    .argument('<id>', 'what exactly: as longshore held shows it')
    .action(async (mirror: string, id: string) =>
      done(await decideHeld(config(), { decision: 'approve', mirror, id }, io)),
    );
  program
    .command('reject')
    .description('say that what is held is not meant: the objects are kept')
    .argument('<mirror>', 'whose objects are kept')
    .argument('[id]', 'what exactly: as longshore held shows it')
    .option('--undo', 'take earlier rejections back', false)
    .action(async (mirror: string, id: string | undefined, { undo }: { undo: boolean }) =>
      done(await decideHeld(config(), rejection(mirror, id, undo), io)),
    );
  program
    .command('check')
    .description('say everything that is wrong with the configuration')
    .action(async () => done(await check(config(), io)));
  program
    .command('probe')
    .description('try on a target what longshore relies on, and remove all traces')
    .argument('<target>', 'a target of the configuration')
    .option(
      '--container <name>',
      'where to try it; default: the container of the first mirror that goes there',
    )
    .option('--json', 'print one JSON object a line', false)
    .addHelpText('after', PROBE_DETAILS)
    .action(async (target: string, { container, json }: { container?: string; json: boolean }) =>
      done(await probe(config(), target, { container, json }, io)),
    );
  program
    .command('init')
    .description('write a commented configuration; never overwrites one')
    .argument('[file]', 'where to; "-" is stdout', 'longshore.yaml')
    .option('--source <folder>', 'the folder to mirror')
    .option('--to <folder>', 'the folder to keep the copies in')
    .action(async (file: string, { source, to }: { source?: string; to?: string }) =>
      done(await init({ file, source, to }, io)),
    );

  program
    .command('schema')
    .description('print the JSON Schema of the configuration, for editors')
    .action(async () => done(await printSchema(io)));
  addTrashCommands(program, async (mirror, work) =>
    done(await withMirrorTarget(config(), mirror, io, work)),
  );
  addContainerCommands(program, async (target, work) =>
    done(await withTarget(config(), target, io, work)),
  );
  addObjectCommands(program, async (target, work) =>
    done(await withTarget(config(), target, io, work)),
  );
  return program;
}
