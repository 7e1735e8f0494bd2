import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/clock.js';
import { askStatus } from '../../src/status/client.js';
import { type Program, start } from '../world/program.js';
import type { Ending, Observed } from './judge.js';
import { type Point, patternOf } from './points.js';
import { openPreload, type Preload, type PreloadOptions } from './preload.js';
import {
  change,
  configOf,
  entriesBelow,
  expectedObjects,
  fill,
  objectsIn,
  type Scenario,
} from './scenario.js';

/** How long a run may take that meets a fault; without one it takes a second. */
const RUN_MS = 120_000;
/** How long a daemon may take to come to watch, and to make good what failed. */
const HEAL_MS = 45_000;
/** At a limit of watches, a watch is tried again after a minute. */
const WATCH_AGAIN_MS = 90_000;
const POLL_MS = 50;

export interface OneRun {
  readonly observed: Observed;
  /** Whether the run came to the call. */
  readonly met: boolean;
  /** Of a run without a point: all its calls. */
  readonly calls: string;
  /** What is in the state folder and the target at the end, with random parts of names as `*`. */
  readonly kept: readonly string[];
}

export interface OneRunOptions {
  readonly library: string;
  /** Is made for the run; it is removed by the caller. */
  readonly folder: string;
  readonly scenario: Scenario;
  readonly point: Point | undefined;
  /** What a run in which nothing fails leaves in the state folder and the target; undefined: this is that run. */
  readonly golden: ReadonlySet<string> | undefined;
}

/** One scenario from its beginning, with one fault; then a run without any. */
export async function runOnce({
  library,
  folder,
  scenario,
  point,
  golden,
}: OneRunOptions): Promise<OneRun> {
  const roots = {
    source: join(folder, 'source'),
    target: join(folder, 'vault'),
    state: join(folder, 'state'),
  };
  const container = join(roots.target, 'documents');
  mkdirSync(roots.source, { recursive: true });
  fill(roots.source);
  writeFileSync(join(folder, 'longshore.yaml'), configOf(scenario), { mode: 0o600 });
  const preload = openPreload({ library, folder, roots, point });
  const launch = (command: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    start(['--config', join(folder, 'longshore.yaml'), ...command], {
      cwd: folder,
      env,
      keepsStrayLines: true,
    });

  let seen: Pick<Observed, 'faulty' | 'endedByItself' | 'flatteredMs' | 'healed'>;
  let before = new Map<string, string>();
  if (scenario.kind === 'daemon') {
    const daemon = launch(scenario.command, preload.env);
    try {
      await inSync(daemon, roots.source, container, roots.state);
      before = objectsIn(container);
      preload.arm();
      change(roots.source);
      seen = await watchDaemon(
        daemon,
        roots,
        container,
        point?.call === 'watch' ? WATCH_AGAIN_MS : HEAL_MS,
      );
    } finally {
      daemon.kill('SIGKILL');
    }
  } else {
    if (scenario.kind === 'again') {
      const prior = await endingOf(launch(['--reconcile', '--json']));
      if (prior?.code !== 0)
        throw new Error(`the run before ended with ${prior?.code}: ${prior?.stderr}`);
      before = objectsIn(container);
      change(roots.source);
    }
    preload.arm();
    const faulty = await endingOf(launch(scenario.command, preload.env));
    seen = { faulty, endedByItself: false, flatteredMs: 0, healed: true };
  }
  preload.disarm();
  const after = objectsIn(container);
  const second = await endingOf(launch(['--reconcile', '--json']));
  const kept = keptBelow(folder);
  const observed: Observed = {
    ...seen,
    point,
    before,
    after,
    second,
    expected: expectedObjects(roots.source),
    atEnd: objectsIn(container),
    leftovers: golden === undefined ? [] : unexpected(kept, golden),
  };
  return { observed, kept, met: preload.fired(), calls: callsOf(folder, preload) };
}

function callsOf(folder: string, { env }: Preload): string {
  const file = env['LONGSHORE_FAULT_LOG'] ?? join(folder, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Undefined: it did not end in time, and was killed. */
async function endingOf(program: Program, withinMs = RUN_MS): Promise<Ending | undefined> {
  const late = new AbortController();
  const ending = await Promise.race([
    program.finished,
    delay(withinMs, undefined, { signal: late.signal }).catch(() => undefined),
  ]);
  late.abort();
  program.kill('SIGKILL');
  await program.finished;
  return ending;
}

const hasEnded = ({ child }: Program) => child.exitCode !== null || child.signalCode !== null;

function isEqual(source: string, container: string): boolean {
  const [expected, objects] = [expectedObjects(source), objectsIn(container)];
  return (
    expected.size === objects.size &&
    [...expected].every(([name, md5]) => objects.get(name) === md5)
  );
}

/** Whether the daemon says that it is in sync; false when it does not answer. */
async function saysInSync(stateFolder: string): Promise<boolean> {
  try {
    const { mirrors } = await askStatus(undefined, {
      stateFolder,
      clock: systemClock,
      signal: AbortSignal.timeout(5_000),
    });
    return mirrors.every(({ state, lagSeconds }) => state === 'in-sync' && lagSeconds === 0);
  } catch {
    return false;
  }
}

/** Resolves when the daemon has mirrored the source. Rejects when it does not. */
async function inSync(
  daemon: Program,
  source: string,
  container: string,
  state: string,
): Promise<void> {
  const deadline = performance.now() + RUN_MS;
  while (
    !(
      daemon.stderr().includes(' watching ') &&
      isEqual(source, container) &&
      (await saysInSync(state))
    )
  ) {
    if (hasEnded(daemon) || performance.now() > deadline)
      throw new Error(`the daemon does not come to watch: ${daemon.stderr()}`);
    await delay(POLL_MS);
  }
}

/** Waits for the container to become equal to the source; then asks the daemon to end. */
async function watchDaemon(
  daemon: Program,
  roots: PreloadOptions['roots'],
  container: string,
  healMs: number,
) {
  const { source, state } = roots;
  const beganAt = performance.now();
  let flatteredSince: number | undefined;
  let flatteredMs = 0;
  let healed = false;
  while (!healed && !hasEnded(daemon) && performance.now() < beganAt + healMs) {
    const [said, differed] = [await saysInSync(state), !isEqual(source, container)];
    if (said && differed) {
      flatteredSince ??= performance.now();
      flatteredMs = Math.max(flatteredMs, Math.round(performance.now() - flatteredSince));
    } else flatteredSince = undefined;
    healed = said && !differed;
    if (!healed) await delay(POLL_MS);
  }
  const endedByItself = hasEnded(daemon);
  daemon.kill('SIGTERM');
  const faulty = await endingOf(daemon);
  return { faulty, endedByItself, flatteredMs, healed };
}

/** A killed daemon leaves its socket, which the next daemon takes; a run without a daemon has no use for it. */
const SOCKET = 'state/control.sock';
/** What the status page's curves are drawn from: a daemon writes it now and then, and at its end. */
const HISTORY = 'state/history.json';

/** Names in the state folder and the target; not what is in the trash, nor the objects, which are judged by themselves. */
function keptBelow(folder: string): string[] {
  const kept = new Set<string>();
  for (const root of ['state', 'vault']) {
    for (const { path, kind, isEmpty } of entriesBelow(join(folder, root))) {
      const name = `${root}/${path}`;
      if (name === SOCKET || name === HISTORY) continue;
      if (kind === 'folder' && isEmpty && name !== 'vault/.longshore/incoming')
        kept.add(`${name}: an empty folder`);
      else if (!/^vault\/documents\/(?!\.longshore)|\/\.longshore\/trash/.test(name))
        kept.add(patternOf(name));
    }
  }
  return [...kept].sort();
}

function unexpected(kept: readonly string[], golden: ReadonlySet<string>): string[] {
  return [
    ...kept.filter((name) => !golden.has(name)),
    ...[...golden].filter((name) => !kept.includes(name)).map((name) => `${name} is missing`),
  ];
}

export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true });
