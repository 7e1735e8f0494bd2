import { resolve } from 'node:path';
import type { Config } from '../config/config.js';
import type { OnceOptions, OnceResult } from '../daemon.js';
import { counted } from '../status/units.js';
import type { SyncEvent, SyncObserver } from '../sync/events.js';
import { systemWorld } from '../system-world.js';
import { SYNC_EVENTS } from '../telemetry/events.js';
import type { World } from '../world.js';
import { EXIT, exitCodeOfRun, exitCodeOfSignal, type Outcome } from './exit.js';
import type { Io, Program } from './io.js';
import { logEvents } from './log-events.js';
import { checkMirrorNames, openConfig } from './open-config.js';
import { logWarnings, openLog } from './open-log.js';
import { noteLine, type Output, openOutput } from './output.js';
import { openPlanOutput } from './plan-output.js';
import { canShowProgress, openProgress } from './progress.js';
import { requestRunInDaemon } from './request-run.js';
import { openRunMetrics } from './run-metrics.js';
import { isPartial, openTally, summaryOf, type Tally } from './run-tally.js';
import { openStopSignals } from './stop-signals.js';
import { heldLine, plannedLine, problemLines, summaryLine } from './summary.js';

export interface OnceCommand extends OnceOptions {
  readonly json: boolean;
  /** Where the plan of a dry run is written to. */
  readonly plan?: string | undefined;
  /** Where the metrics of the run are written to. Default: as the configuration says. */
  readonly metricsFile?: string | undefined;
}

/** `longshore reconcile` and `longshore scan`: one pass over some mirrors, all its work done, then the end. */
export async function once(
  configFile: string | undefined,
  command: OnceCommand,
  io: Io,
  program: Program,
): Promise<number> {
  const config = await openConfig(io, configFile);
  checkMirrorNames(config, command.mirrors);
  if (command.plan === undefined) {
    const { dryRun, takeOver } = command;
    const code = dryRun || takeOver ? undefined : await requestRunInDaemon(config, command, io);
    return code ?? runOnceCommand(config, command, io, program);
  }
  const file = resolve(io.cwd, command.plan);
  const plan = openPlanOutput(file, config, command.mirrors, io.clock.now());
  try {
    const planning = { ...command, dryRun: true, makesPlan: true };
    const code = await runOnceCommand(config, planning, io, program, plan.observe);
    if (!isPlanned(code)) {
      noteLine(io.stderr, `no plan was written: the run did not finish`);
      return code;
    }
    const actions = plan.finish();
    noteLine(io.stderr, `${file} has ${counted(actions, 'action', 'actions')}`);
    return code;
  } finally {
    plan.abandon();
  }
}

/** Whether the run that ended with this code has seen all that it could see. */
function isPlanned(code: number): boolean {
  return code === EXIT.OK || code === EXIT.WORK_DUE || code === EXIT.INCOMPLETE;
}

/** One run of some mirrors with its log, its output and its signals. Resolves with the exit code. */
export async function runOnceCommand(
  config: Config,
  command: OnceCommand,
  io: Io,
  { runOnce }: Program,
  observe?: SyncObserver,
): Promise<number> {
  const output = openOutput(io.stdout);
  const progress = showsProgress(command, io) ? openProgress(io.stderr, io.clock) : undefined;
  // Under a progress display the log has only warnings and errors; the summary has the rest.
  const log = openLog(progress ? quieter(config) : config, io, progress?.above);
  const tally = openTally();
  const signals = openStopSignals(io, {
    drainMs: config.drainMs,
    notice: (step, why) => log.warn(step, { why }),
  });
  const listeners = [
    tally.observe,
    progress?.observe ?? logEvents(log, io.clock),
    printer(command, output),
    ...(observe === undefined ? [] : [observe]),
  ];
  try {
    logWarnings(config, log);
    const world = systemWorld({ clock: io.clock, env: io.env, log });
    for (const listener of listeners) world.telemetry.listen(SYNC_EVENTS, listener);
    const metrics = metricsOf(config, command, io, world);
    const results = await runOnce(config, command, world, signals);
    progress?.close();
    await metrics?.write(results);
    for (const result of results) tell(result, tally.of(result.mirror), command, output, io);
    await output.finish();
    return signalled(signals.received()) ?? exitCodeOfRun(outcome(results, tally.of));
  } catch (error) {
    const code = signalled(signals.received());
    if (code === undefined) throw error;
    return code;
  } finally {
    progress?.close();
    signals.close();
    await log.close();
  }
}

/** A dry run has done nothing that a metric could show. */
function metricsOf(
  { file: configFile, metrics }: Config,
  { metricsFile, dryRun, run }: OnceCommand,
  { cwd, clock }: Io,
  { telemetry }: Pick<World, 'telemetry'>,
) {
  const path = metricsFile === undefined ? metrics?.textfile : resolve(cwd, metricsFile);
  if (path === undefined || dryRun) return undefined;
  return openRunMetrics({ path, configFile, run, telemetry, clock });
}

function showsProgress({ json, dryRun }: OnceCommand, { stdout, stderr, env }: Io): boolean {
  const linesBetween = (json || dryRun) && stdout.isTTY === true;
  return canShowProgress(stderr, env) && !linesBetween;
}

function quieter(config: Config): Config {
  return config.log.level === 'info'
    ? { ...config, log: { ...config.log, level: 'warn' } }
    : config;
}

function printer({ json, dryRun, makesPlan }: OnceCommand, output: Output): SyncObserver {
  return (event: SyncEvent) => {
    if (json) {
      if (event.event !== 'progress' && event.event !== 'hint') output.json(printed(event));
    } else if (dryRun && !makesPlan && event.event === 'planned') output.line(plannedLine(event));
  };
}

/** What an action rests on is in the plan file. */
function printed(event: SyncEvent): SyncEvent {
  if (event.event !== 'planned' || event.planned === undefined) return event;
  const { planned: _, ...rest } = event;
  return rest;
}

function tell(
  result: OnceResult,
  tally: Tally,
  { json, dryRun }: OnceCommand,
  output: Output,
  { stderr }: Io,
): void {
  const { mirror, report, complete, error } = result;
  if (json) {
    output.json(summaryOf(mirror, report, complete, error));
    return;
  }
  output.line(summaryLine(result, tally, dryRun));
  for (const line of [...problemLines(mirror, tally), heldLine(mirror, report) ?? []].flat())
    noteLine(stderr, line);
}

function outcome(results: readonly OnceResult[], tallyOf: (mirror: string) => Tally): Outcome {
  const of = (amount: (result: OnceResult, tally: Tally) => number) =>
    results.reduce((sum, result) => sum + amount(result, tallyOf(result.mirror)), 0);
  return {
    errors: results.flatMap(({ error }) => error ?? []),
    incomplete: results.some(({ complete, mirror }) => isPartial(complete, tallyOf(mirror))),
    failed: of(({ report }) => report.failed),
    skipped: of((_, { skipped }) => skipped),
    held: of(({ report }) => report.held),
    planned: of((_, { planned }) => planned.size),
    outdated: of((_, tally) => tally.outdated),
  };
}

function signalled(signal: Parameters<typeof exitCodeOfSignal>[0] | undefined): number | undefined {
  return signal && exitCodeOfSignal(signal);
}
