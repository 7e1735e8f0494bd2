import type { EndMirror } from './change-runtime.js';
import type { Config } from './config/config.js';
import { affectedText, answerOf, refusedPreview } from './reload/answer.js';
import { oneAtATime } from './reload/one-at-a-time.js';
import type { ReloadPlan } from './reload/plan.js';
import { logAnswer, logRefusal, ReloadFailedError, refusalOf } from './reload/report.js';
import { type FoundChanges, findChanges, outcomeOf, restartReason } from './reload-look.js';
import type { Runtime } from './runtime.js';
import type { ServicePart } from './service-parts.js';
import { RefusedError } from './status/api.js';
import type { ReloadOrder } from './status/api-reload-routes.js';
import type { ReloadAnswer, ReloadPreview } from './status/schema-reload.js';
import type { LastReload } from './status/snapshot.js';
import type { Mirror } from './sync/mirror/mirror.js';
import type { World } from './world.js';

/** What the daemon works with now. Only a reload changes it. */
export interface CurrentConfig {
  config: Config;
  /** Undefined: not since the start. */
  lastReload?: LastReload;
}

/** Loads the configuration of a running daemon again. */
export interface Reloading {
  /**
   * Reads the file and carries out what differs: all of it, or nothing. One after the other. Rejects with RefusedError where
   * nothing was changed: 422 the file is wrong, 409 a change takes a restart, or cannot be carried out now.
   */
  reload(order: ReloadOrder): Promise<ReloadAnswer>;
  /** What a reload would do now. Changes nothing; a file that would be refused is an answer, too. */
  preview(): Promise<ReloadPreview>;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
}

export interface ReloadingOptions {
  readonly current: CurrentConfig;
  readonly world: World;
  readonly runtime: Pick<Runtime, 'opened' | 'prepare'>;
  /** Reads the file. Undefined: it cannot be read again. Rejects with ConfigError. */
  readonly readConfig: (() => Promise<Config>) | undefined;
  /** Aborted when the daemon goes down: nothing is changed any more. */
  readonly drain: AbortSignal;
  readonly edge: ReloadEdge;
}

/** What of the daemon follows from the configuration besides the runtime. */
export interface ReloadEdge {
  readonly end: EndMirror;
  /** Called once the runtime works with another configuration, or another file that says the same. */
  begin(mirrors: readonly Mirror[]): void;
  /** Resolves when the parts of the service that this concerns are opened again. */
  change(config: Config, parts: readonly ServicePart[]): Promise<void>;
  /** A reload begins. Returns what is called at its end. */
  announce(): () => void;
  /** The runtime is of no use any more. */
  fail(error: unknown): void;
}

export function createReloading(options: ReloadingOptions): Reloading {
  const { world, current } = options;
  const { clock, log } = world;

  async function reload(order: ReloadOrder): Promise<ReloadAnswer> {
    const over = options.edge.announce();
    const { config } = current;
    const startedMs = clock.monotonic();
    try {
      options.drain.throwIfAborted();
      const next = await readAgain(options, config.file);
      refuseAnotherFile(next, order);
      const found = await findChanges(options, config, next);
      const refused = restartReason(found);
      if (refused !== undefined) throw new RefusedError(409, refused);
      const outcome = outcomeOf(found, order.apply);
      if (outcome === 'done') await carryOut(options, found, next);
      if (outcome !== 'announced') current.config = next;
      // The same settings in other words: the lines that are shown are others.
      if (outcome === 'unchanged' && next.digest !== config.digest) options.edge.begin([]);
      const seconds = (clock.monotonic() - startedMs) / 1_000;
      const answer = {
        outcome,
        file: config.file,
        seconds,
        ...answerOf(found.plan, found.affected),
      };
      current.lastReload = {
        atMs: clock.now(),
        outcome,
        why: found.affected.map(affectedText).join('; '),
      };
      logAnswer(log, answer);
      return answer;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      current.lastReload = { atMs: clock.now(), outcome: 'refused', why };
      if (!options.drain.aborted) logRefusal(log, config.file, error);
      throw refusalOf(error);
    } finally {
      over();
    }
  }

  async function preview(): Promise<ReloadPreview> {
    const { config } = current;
    try {
      options.drain.throwIfAborted();
      const next = await readAgain(options, config.file);
      const found = await findChanges(options, config, next);
      const refused = restartReason(found);
      return {
        outcome: refused === undefined ? outcomeOf(found, false) : 'refused',
        file: config.file,
        digest: next.digest ?? null,
        refused: refused === undefined ? [] : [refused],
        ...answerOf(found.plan, found.affected),
      };
    } catch (error) {
      return refusedPreview(config.file, refusalOf(error).message.split('\n'));
    }
  }

  const turns = oneAtATime<Turn, ReloadAnswer | ReloadPreview>(
    (turn) => (turn.kind === 'reload' ? reload(turn.order) : preview()),
    (turn) => JSON.stringify(turn),
  );
  return {
    reload: (order) => turns.run({ kind: 'reload', order }) as Promise<ReloadAnswer>,
    preview: () => turns.run({ kind: 'preview' }) as Promise<ReloadPreview>,
    idle: turns.idle,
  };
}

/** Both read indexes that a reload may close. */
type Turn = { readonly kind: 'reload'; readonly order: ReloadOrder } | { readonly kind: 'preview' };

/** @throws RefusedError when the order is about a file that was shown, and the file is another one by now */
function refuseAnotherFile({ digest }: Config, order: ReloadOrder): void {
  if (order.digest === undefined || order.digest === digest) return;
  throw new RefusedError(
    409,
    'nothing was changed: the file is another one than was shown; look at it again',
  );
}

async function readAgain(
  { readConfig }: Pick<ReloadingOptions, 'readConfig'>,
  file: string,
): Promise<Config> {
  if (readConfig !== undefined) return readConfig();
  throw new RefusedError(
    409,
    `the configuration was read from ${file}, which cannot be read again`,
  );
}

/** From its first step to its last the daemon is between two configurations: what fails here ends it. */
async function carryOut(
  { current, runtime, edge, world, drain }: ReloadingOptions,
  { plan }: FoundChanges,
  config: Config,
): Promise<void> {
  const prepared = await runtime.prepare({ config, plan });
  if (drain.aborted) {
    await prepared.discard();
    throw drain.reason;
  }
  try {
    const mirrors = await prepared.carryOut(edge.end);
    current.config = config; // what is shown from now on is about this one
    edge.begin(mirrors);
    announceChanges(world, plan, config);
    await edge.change(config, partsConcerned(plan));
  } catch (error) {
    if (drain.aborted) throw error;
    edge.fail(error);
    throw new ReloadFailedError(error);
  }
}

function announceChanges(
  { log, telemetry, configureLog }: World,
  plan: ReloadPlan,
  config: Config,
): void {
  for (const warning of config.warnings) log.warn('configuration', { warning });
  if (plan.daemon.settings.some((name) => name.startsWith('log.'))) configureLog?.(config.log);
  for (const name of plan.mirrors.removed)
    telemetry.emit({ event: 'removed', what: 'mirror', name });
  for (const name of plan.targets.closed)
    telemetry.emit({ event: 'removed', what: 'target', name });
}

/** What of the service is to be opened again. */
function partsConcerned({ mirrors, daemon: { settings } }: ReloadPlan): readonly ServicePart[] {
  const mirrorsDiffer = mirrors.added.length + mirrors.removed.length > 0;
  const ofAlerts =
    mirrorsDiffer ||
    settings.includes('notify') ||
    settings.includes('heartbeat') ||
    mirrors.changed.some((changed) => changed.settings.includes('heartbeat'));
  return [
    ...(settings.includes('metrics') ? (['metrics'] as const) : []),
    ...(ofAlerts ? (['alerts'] as const) : []),
    ...(settings.includes('status') ? (['page'] as const) : []),
  ];
}
