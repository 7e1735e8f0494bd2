import type { Command } from './commander.js';
import { ONCE_DETAILS, PROBE_DETAILS, REBUILD_DETAILS, WORKER_DETAILS } from './help.js';
import type { Io, Program } from './io.js';
import { prepareToMirror, prepareToWatch } from './prepare.js';

// Commander definitions of the commands on mirrors and the configuration. Each loads its code when it runs: `--help`
// needs none of it, and no command needs that of the others.

/** What a command works with. */
export interface CommandContext {
  readonly io: Io;
  readonly engine: Program;
  /** The value of `--config`. */
  config(): string | undefined;
  /** Takes the exit code of the command. */
  done(code: number): void;
}

const TAKE_OVER = 'take the lease from a machine that is gone for good';
const JSON_LINES = 'print one JSON object per line';

/** `run`, `worker`, `reconcile`, `scan`, `rebuild`, `plan`, `apply` and `status`. */
export function addMirrorCommands(
  program: Command,
  { io, engine, config, done }: CommandContext,
): void {
  program
    .command('run')
    .description('mirror continuously, in the foreground, until SIGTERM or Ctrl-C')
    .option('--take-over', TAKE_OVER, false)
    .action(async ({ takeOver }: { takeOver: boolean }) => {
      prepareToWatch();
      const { serve } = await import('./serve.js');
      done(await serve(config(), { takeOver }, io, engine));
    });
  addWorkerCommand(program, { io, engine, config, done });
  for (const [name, description] of [
    ['reconcile', 'compare sources, index and containers once, do all the work, then exit'],
    ['scan', 'compare sources and index only (no listing of containers), do the work, then exit'],
  ] as const) {
    program
      .command(name)
      .description(description)
      .argument('[mirror...]', 'only these mirrors')
      .option('-n, --dry-run', 'print what would be done, and change nothing', false)
      .option('--plan <file>', 'write what would be done to this file, and change nothing')
      .option('--json', JSON_LINES, false)
      .option('--take-over', TAKE_OVER, false)
      .option('--metrics-file <file>', 'write metrics for the textfile collector of node_exporter')
      .addHelpText('after', ONCE_DETAILS)
      .action(
        async (
          mirrors: string[],
          options: {
            dryRun: boolean;
            plan?: string;
            json: boolean;
            takeOver: boolean;
            metricsFile?: string;
          },
        ) => {
          prepareToMirror();
          const { once } = await import('./once.js');
          done(await once(config(), { run: name, mirrors, ...options }, io, engine));
        },
      );
  }
  addRebuildCommand(program, { io, engine, config, done });
  addPlanCommands(program, { io, engine, config, done });
  program
    .command('status')
    .description('show the status of the running daemon')
    .argument('[mirror]', 'only this mirror')
    .option('--json', 'print JSON', false)
    .option('-w, --watch', 'repeat every second, until Ctrl-C', false)
    .option('--exit-code', 'say by the exit code whether all mirrors are well', false)
    .action(
      async (
        mirror: string | undefined,
        options: { json: boolean; watch: boolean; exitCode: boolean },
      ) => {
        const { status } = await import('./status.js');
        done(await status(config(), { mirror, ...options }, io));
      },
    );
}

function addWorkerCommand(program: Command, { io, config, done }: CommandContext): void {
  program
    .command('worker')
    .description(
      'help the daemon of another machine, which sees the same sources, until SIGTERM or Ctrl-C',
    )
    .option('--mirror <name...>', 'only these mirrors; default: all that have workers')
    .addHelpText('after', WORKER_DETAILS)
    .action(async ({ mirror = [] }: { mirror?: string[] }) => {
      const { worker } = await import('./worker.js');
      done(await worker(config(), mirror, io));
    });
}

function addRebuildCommand(program: Command, { io, engine, config, done }: CommandContext): void {
  program
    .command('rebuild')
    .description('make a lost index again, without sending what the container has')
    .argument('<mirror>', 'the mirror whose index was lost')
    .option('--force', 'set a sound index aside, and make it again', false)
    .option('--json', JSON_LINES, false)
    .option('--take-over', TAKE_OVER, false)
    .addHelpText('after', REBUILD_DETAILS)
    .action(
      async (mirror: string, options: { force: boolean; json: boolean; takeOver: boolean }) => {
        prepareToMirror();
        const { rebuild } = await import('./rebuild.js');
        done(await rebuild(config(), { mirror, ...options }, io, engine));
      },
    );
}

/** `plan show` and `apply`: what `reconcile --plan` has written. */
function addPlanCommands(program: Command, { io, engine, config, done }: CommandContext): void {
  program
    .command('plan')
    .description('look at a plan that `reconcile --plan` has written')
    .command('show')
    .description('print what a plan would do: each action, sums, and requests')
    .argument('<file>', 'the plan')
    .option('--summary', 'print only the sums', false)
    .action(async (file: string, { summary }: { summary: boolean }) => {
      const { showPlan } = await import('./plan.js');
      done(await showPlan(file, { summary }, io));
    });
  program
    .command('apply')
    .description('carry out exactly a plan; what has changed since it was made is skipped, by name')
    .argument('<file>', 'the plan')
    .option('--json', JSON_LINES, false)
    .option('--take-over', TAKE_OVER, false)
    .action(async (file: string, options: { json: boolean; takeOver: boolean }) => {
      prepareToMirror();
      const { apply } = await import('./apply.js');
      done(await apply(config(), { file, ...options }, io, engine));
    });
}

/** `accept-source`, `accept-target`, `held`, `approve` and `reject`: an operator decides. */
export function addDecisionCommands(program: Command, { io, config, done }: CommandContext): void {
  program
    .command('accept-source')
    .description('confirm that the present source is right, although it was replaced or is empty')
    .argument('<mirror>', 'the mirror of that source')
    .action(async (mirror: string) => {
      const { acceptSource } = await import('./accept-source.js');
      done(await acceptSource(config(), mirror, io));
    });
  program
    .command('accept-target')
    .description('confirm that the target is right, although none of the known objects is in it')
    .argument('<mirror>', 'the mirror of that target')
    .action(async (mirror: string) => {
      const { acceptTarget } = await import('./accept-target.js');
      done(await acceptTarget(config(), mirror, io));
    });
  program
    .command('held')
    .description('list the deletes and overwrites that wait for a decision')
    .argument('[mirror]', 'only of this mirror')
    .option('--json', `${JSON_LINES}, for all of them`, false)
    .action(async (mirror: string | undefined, { json }: { json: boolean }) => {
      const { held } = await import('./held.js');
      done(await held(config(), { mirror, json }, io));
    });
  program
    .command('approve')
    .description('carry out held deletes and overwrites')
    .argument('<mirror>', 'the mirror that holds them')
    .argument('<id>', 'the id that longshore held shows')
    .action(async (mirror: string, id: string) => {
      const { decideHeld } = await import('./decide-held.js');
      done(await decideHeld(config(), { decision: 'approve', mirror, id }, io));
    });
  program
    .command('reject')
    .description('keep the objects of held deletes and overwrites')
    .argument('<mirror>', 'the mirror that holds them')
    .argument('[id]', 'the id that longshore held shows')
    .option('--undo', 'undo earlier rejections', false)
    .action(async (mirror: string, id: string | undefined, { undo }: { undo: boolean }) => {
      const { decideHeld, rejection } = await import('./decide-held.js');
      done(await decideHeld(config(), rejection(mirror, id, undo), io));
    });
}

/** `check`, `probe`, `notify test` and `schema`: the configuration, its targets and channels. */
export function addSetupCommands(program: Command, { io, config, done }: CommandContext): void {
  program
    .command('check')
    .description('validate the configuration, and print all errors')
    .option('--worker', 'find out also whether a worker on this machine would get jobs', false)
    .action(async (options: { worker: boolean }) => {
      const { check } = await import('./check.js');
      done(await check(config(), options, io));
    });
  program
    .command('probe')
    .description('test what longshore needs of a target, and remove all traces')
    .argument('<target>', 'a target of the configuration')
    .option(
      '--container <name>',
      'the container to test in; default: that of the first mirror of the target',
    )
    .option('--create', 'create the container when it is missing', false)
    .option('--json', JSON_LINES, false)
    .addHelpText('after', PROBE_DETAILS)
    .action(
      async (
        target: string,
        options: { readonly container?: string; readonly json: boolean; readonly create: boolean },
      ) => {
        const { probe } = await import('./probe.js');
        done(await probe(config(), target, { container: undefined, ...options }, io));
      },
    );
  program
    .command('notify')
    .description('messages about mirrors that need a person')
    .command('test')
    .description('send a test message on each channel of the configuration')
    .argument('[channel...]', 'only on these channels')
    .action(async (channels: string[]) => {
      const { notifyTest } = await import('./notify-test.js');
      done(await notifyTest(config(), channels, io));
    });
  program
    .command('schema')
    .description('print the JSON Schema of the configuration, for editors')
    .action(async () => {
      const { printSchema } = await import('./print-schema.js');
      done(await printSchema(io));
    });
}
