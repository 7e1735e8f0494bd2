import type { Clock } from '../clock.js';
import type { MirrorConfig, TargetConfig } from '../config/config.js';
import type { Backend } from '../drivers/backend.js';
import { randomName } from '../drivers/trial/ground.js';
import { describeHolder } from '../lease/errors.js';
import { type FoundLease, leaseObject } from '../lease/lease-object.js';
import { printable } from '../printable.js';
import type { FoundDaemon } from '../scale/daemon-facts.js';
import { PROTOCOL } from '../scale/queue-names.js';
import { differingGroups, settingsDigest } from '../scale/settings-digest.js';
import { sourceDiffers } from '../scale/source-proof.js';
import { OWN_FOLDER } from '../sync/reserved-names.js';
import { providerTime } from '../sync/store/provider-time.js';

/** Whether one thing that a worker needs is as it must be. */
export interface Finding {
  readonly what: string;
  /** What is wrong, and what to do; undefined: it is good. */
  readonly problem?: string | undefined;
  /** What was found where it is good. */
  readonly found?: string;
}

/** A difference of the clocks for which no signature is refused, and that a person should end all the same. */
const MOST_SKEW_MS = 60_000;

/** What the daemon says of a mirror in Redis, compared with this machine. Rejects with the signal's reason alone. */
export async function ofDaemon(
  { owner, facts }: FoundDaemon,
  daemon: string,
  mirror: MirrorConfig,
  target: TargetConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const there = `a daemon ${printable(daemon)} gives out jobs by protocol ${PROTOCOL}`;
  if (owner === undefined)
    return [
      {
        what: there,
        problem:
          'there is none: start it, set worker.serves to its queue.name, and see that both are of versions with the same protocol',
      },
    ];
  const daemonIs: Finding = { what: there, found: printable(owner) };
  if (facts === undefined)
    return [
      daemonIs,
      {
        what: 'it has jobs for this mirror',
        problem: 'not now: see longshore status on its machine',
      },
    ];
  const differing = differingGroups(settingsDigest(mirror, target), facts.settings);
  const source = await sourceDiffers(facts.source, mirror.source, signal).catch(
    (error: unknown) => {
      signal.throwIfAborted();
      return messageOf(error);
    },
  );
  return [
    daemonIs,
    {
      what: 'the settings are those of the daemon',
      problem:
        differing.length === 0
          ? undefined
          : `these differ: ${differing.join('; ')}. Give both the same configuration`,
    },
    { what: `${printable(mirror.source)} is the source of the daemon`, problem: source },
  ];
}

/** Whether the lease is there, and of the daemon, as this machine reads it. Rejects with the reason of `signal` alone. */
export async function leaseFinding(
  backend: Backend,
  { container, prefix }: Pick<MirrorConfig, 'container' | 'prefix'>,
  daemon: FoundDaemon | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  const what = 'the lease can be read, and allows workers';
  try {
    const ref = { container, key: `${prefix}${OWN_FOLDER}lease` };
    const found = await leaseObject(backend, ref).read(signal);
    return { what, problem: leaseProblem(found, daemon), found: `of ${describeHolder(found)}` };
  } catch (error) {
    signal.throwIfAborted();
    return { what, problem: messageOf(error) };
  }
}

function leaseProblem(
  found: FoundLease | undefined,
  daemon: FoundDaemon | undefined,
): string | undefined {
  if (found === undefined)
    return 'there is none: the daemon has not begun, or this is another container or prefix than the daemon has';
  const { document } = found;
  const holder = describeHolder(found);
  if (document === undefined) return `it is of ${holder}: upgrade this machine`;
  if (document.released) return `it was released by ${holder}: the daemon is stopped`;
  if (document.workersTrustMs === undefined || document.workersTrustMs === 0)
    return `${holder} has no workers: set workers: true for the mirror there, and restart or reload it`;
  const epoch = daemon?.facts?.epoch;
  return epoch === undefined || epoch.session === document.session
    ? undefined
    : `it is of ${holder}, and not of the daemon of this queue`;
}

/** Puts an object for a moment: whether that is allowed, and what time it is there. Rejects with the reason of `signal` alone. */
export async function clockFinding(
  backend: Backend,
  { container, prefix }: Pick<MirrorConfig, 'container' | 'prefix'>,
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal,
): Promise<Finding> {
  const what = 'objects can be written, and the clock is that of the provider';
  try {
    const beforeMs = clock.now();
    const key = `${prefix}${OWN_FOLDER}probe-${randomName()}/clock`;
    const atMs = await providerTime(backend, { container, key }, signal);
    if (atMs === undefined)
      return { what: 'objects can be written', found: 'the provider says no time' };
    const skewMs = Math.max(beforeMs - atMs, atMs - clock.now(), 0);
    const problem =
      skewMs <= MOST_SKEW_MS
        ? undefined
        : `they differ by ${Math.round(skewMs / 1_000)} s: set the clock of this machine by NTP`;
    return { what, problem };
  } catch (error) {
    signal.throwIfAborted();
    return { what, problem: messageOf(error) };
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
