import { CommanderError } from './commander.js';
import { errorLines } from './error-lines.js';
import { EXIT, exitCodeOf } from './exit.js';
import type { Io, Program } from './io.js';
import { writesToJournal } from './journal.js';
import { type Output, openOutput } from './output.js';
import { buildProgram } from './program.js';

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
