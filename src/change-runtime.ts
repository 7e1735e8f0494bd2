import type { Config } from './config/config.js';
import { makeFolders } from './make-folders.js';
import { closeMirror, type OpenedLease, type OpenedMirror } from './opened-mirror.js';
import type { ChangedMirror, ReloadPlan } from './reload/plan.js';
import { openMirrorOf, openTargetOf, type RuntimeParts, stateOf } from './runtime-parts.js';
import type { MirrorStore } from './state/open-mirror.js';
import type { Mirror } from './sync/mirror/mirror.js';
import type { Target } from './targets.js';

export interface RuntimeChange {
  /** What the runtime is to work with from now on. */
  readonly config: Config;
  /** What of it differs. */
  readonly plan: Pick<ReloadPlan, 'mirrors' | 'targets'>;
}

/** A change that is prepared: all that could refuse to open is open. */
export interface PreparedChange {
  /** Closes what was opened for it. */
  discard(): Promise<void>;
  /**
   * Ends the mirrors that are removed or begin again, by `end`, and opens the others. Resolves with those that were opened. After
   * a rejection the runtime is of no use: some of its mirrors are closed.
   */
  carryOut(end: EndMirror): Promise<readonly Mirror[]>;
}

/** Resolves when nothing of the mirror waits or runs any more. */
export type EndMirror = (opened: OpenedMirror) => Promise<void>;

/** What was opened ahead. */
interface Opened {
  readonly targets: Map<string, Target>;
  /** Names of the mirrors whose state was opened. */
  readonly states: string[];
}

export async function prepareChange(
  parts: RuntimeParts,
  change: RuntimeChange,
): Promise<PreparedChange> {
  const opened: Opened = { targets: new Map(), states: [] };
  try {
    await openAhead(parts, change, opened);
  } catch (error) {
    await discard(parts, opened).catch(() => {}); // the first error is the one to report
    throw error;
  }
  return {
    discard: () => discard(parts, opened),
    carryOut: (end) => carryOut(parts, change, opened.targets, end),
  };
}

async function openAhead(
  parts: RuntimeParts,
  { config, plan: { mirrors, targets } }: RuntimeChange,
  opened: Opened,
): Promise<void> {
  const { options, state } = parts;
  const begin = [...mirrors.added, ...restartsIn(mirrors.changed)];
  for (const { name, source, createSource } of config.mirrors)
    if (createSource && begin.includes(name)) await makeFolders(source);
  const storeOf = async (name: string): Promise<MirrorStore | undefined> => {
    const mirror = config.mirrors.find((each) => each.name === name);
    if (state.mirrors.has(name) || mirror === undefined) return state.mirrors.get(name);
    opened.states.push(name);
    return state.open(stateOf(mirror, config, options));
  };
  for (const target of config.targets) {
    if (![...targets.opened, ...targets.reopened].includes(target.name)) continue;
    options.world.findDriver(target.driver).prepare?.();
    const first = config.mirrors.find((mirror) => mirror.target === target.name);
    const store = first && (await storeOf(first.name));
    if (!first || !store) continue;
    const { container } = first;
    opened.targets.set(target.name, await openTargetOf(parts, target, { container, store }));
  }
  for (const name of mirrors.added) await storeOf(name);
}

async function discard(
  { options: { lifecycle }, state }: RuntimeParts,
  { targets, states }: Opened,
): Promise<void> {
  await Promise.all([...targets.values()].map((target) => lifecycle.remove(target)));
  for (const name of states) await state.leave(name);
}

async function carryOut(
  parts: RuntimeParts,
  { config, plan: { mirrors, targets } }: RuntimeChange,
  opened: ReadonlyMap<string, Target>,
  end: EndMirror,
): Promise<readonly Mirror[]> {
  const { signals } = parts.options;
  const restarts = mirrors.changed.filter((change) => change.restarts);
  const leases = new Map<string, OpenedLease>();
  const ending = [
    ...mirrors.removed.map((name) => ({ name, change: undefined })),
    ...restarts.map((change) => ({ name: change.mirror, change })),
  ];
  await Promise.all(
    ending.map(async ({ name, change }) => {
      const lease = await endOne(parts, name, change, end);
      if (lease !== undefined) leases.set(name, lease);
    }),
  );
  signals.drain.throwIfAborted();
  await changeTargets(parts, config, targets, opened);
  const begun: Mirror[] = [];
  for (const mirror of config.mirrors) {
    if (parts.mirrors.has(mirror.name)) continue;
    signals.drain.throwIfAborted();
    if (!parts.state.mirrors.has(mirror.name))
      await parts.state.open(stateOf(mirror, config, parts.options));
    begun.push(await openMirrorOf(parts, config, mirror, leases.get(mirror.name)));
  }
  putInOrder(parts.mirrors, config);
  return begun;
}

/** Ends and closes a mirror. Resolves with the lease that it goes on with. `change`: undefined where it is removed. */
async function endOne(
  { options: { lifecycle }, state, pauses, mirrors }: RuntimeParts,
  name: string,
  change: ChangedMirror | undefined,
  end: EndMirror,
): Promise<OpenedLease | undefined> {
  const opened = mirrors.get(name);
  if (opened === undefined) return undefined;
  await end(opened);
  const { keepsLease = false, keepsState = false } = change ?? {};
  await opened.mirror.flush();
  mirrors.delete(name); // from here on, nothing can be asked of it
  pauses?.forget(name);
  await closeMirror(lifecycle, opened, keepsLease);
  if (!keepsState) await state.leave(name);
  return keepsLease ? opened.lease : undefined;
}

async function changeTargets(
  parts: RuntimeParts,
  config: Config,
  { closed, reopened, limited }: ReloadPlan['targets'],
  opened: ReadonlyMap<string, Target>,
): Promise<void> {
  const { targets, options } = parts;
  for (const target of config.targets)
    if (limited.includes(target.name)) targets.get(target.name)?.limitTo(target);
  for (const name of [...closed, ...reopened]) {
    const old = targets.get(name);
    targets.delete(name);
    if (old !== undefined) await options.lifecycle.remove(old);
  }
  for (const [name, target] of opened) targets.set(name, target);
}

function restartsIn(changed: readonly ChangedMirror[]): readonly string[] {
  return changed.filter(({ restarts }) => restarts).map(({ mirror }) => mirror);
}

function putInOrder(mirrors: Map<string, OpenedMirror>, config: Config): void {
  for (const { name } of config.mirrors) {
    const opened = mirrors.get(name);
    mirrors.delete(name);
    if (opened !== undefined) mirrors.set(name, opened);
  }
}
