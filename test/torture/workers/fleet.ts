import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAILPOINTS } from '../../../src/failpoint.js';
import type { Program } from '../../world/program.js';
import type { Orders } from '../armed/orders.js';
import { leadsTo } from '../circumstances.js';
import { hasEnded, startWorker, WORK_DROPPED } from '../daemon.js';
import { fail } from '../failure.js';
import type { World } from '../world.js';
import { openShare, type Share, type ShareKind } from './share.js';

/** A worker. `share`: undefined where it sees the source itself. */
export interface Member {
  readonly program: Program;
  readonly share: Share | undefined;
  /** Is called when it is thawed. */
  thawed?: () => void;
}

/** The workers of a world. */
export interface Fleet {
  /** How they see the source. */
  readonly shares: ShareKind | undefined;
  /** Starts workers until there are enough; half of them are to end at a crash point. Fails where one has ended by itself. */
  complete(): Promise<void>;
  /** Starts workers that nothing befalls until there are enough. */
  completeSoundly(): Promise<void>;
  /** One more, which stops itself right before its so-many-th write, after its fence was asked. */
  addFreezing(write: number): Member;
  /** One that works and is not frozen; undefined: none is, or no other one would be left. */
  one(): Member | undefined;
  kill(member: Member): void;
  freeze(member: Member): void;
  thaw(member: Member): void;
  thawAll(): void;
  /** Asks all of them to end. Resolves when they have. */
  end(): Promise<void>;
  /** Whatever they are about. */
  killAll(): Promise<void>;
}

const SIZE = 2;

export function openFleet(world: World, shares: ShareKind | undefined): Fleet {
  const { driver, random, pick, figures, paths } = world;
  const members = new Set<Member>();
  const frozen = new Set<Member>();
  const points = FAILPOINTS.filter(
    (point) => /^(local|puts): /.test(point) && leadsTo(driver, point),
  );
  let opened = 0;

  function forget(member: Member): void {
    const { child, stderr } = member.program;
    writeFileSync(join(paths.folder, `worker-${child.pid}`), stderr());
    members.delete(member);
    frozen.delete(member);
    member.share?.close();
  }

  /** What has ended by a kill makes room for another. */
  async function bury(): Promise<void> {
    for (const member of members) {
      const { program } = member;
      if (!hasEnded(program)) continue;
      const { code } = await program.finished;
      if (code !== 'SIGKILL') fail(world, `a worker ended by itself, with ${code}`, program);
      figures.kills += 1;
      forget(member);
    }
  }

  async function stop(member: Member): Promise<void> {
    const { program } = member;
    program.kill('SIGTERM');
    const { code } = await program.finished;
    if (code === 'SIGKILL')
      figures.kills += 1; // at a crash point
    else if (code === 0 || code === WORK_DROPPED || code === 'SIGTERM') figures.stops += 1;
    else fail(world, `a worker was asked to stop and ended with ${code}`, program);
    forget(member);
  }

  function add(orders: Partial<Orders>): Member {
    const share = shares && openShare(paths, shares, ++opened);
    const program = startWorker(world, orders, share?.around);
    program.finished.catch(() => {}); // what waits for it hears of that
    const member: Member = { program, share };
    members.add(member);
    return member;
  }

  function killOrder(): Partial<Orders> {
    const hit = 1 + Math.floor(random() ** 2 * 40);
    return random() < 0.5 ? {} : { kill: { point: pick(points), hit } };
  }

  async function fill(orders: () => Partial<Orders>): Promise<void> {
    for (const member of members) if (refuses(member) && !frozen.has(member)) await stop(member);
    await bury();
    while (members.size < SIZE) add(orders());
  }

  function thaw(member: Member): void {
    if (frozen.delete(member)) member.thawed?.();
    member.program.kill('SIGCONT');
  }

  return {
    shares,
    complete: () => fill(killOrder),
    completeSoundly: () => fill(() => ({})),
    addFreezing(write) {
      const member = add({ freezeAtWrite: write });
      frozen.add(member); // as far as others are concerned
      return member;
    },
    one() {
      const [one, another] = [...members].filter(
        (each) => !frozen.has(each) && !hasEnded(each.program) && works(each),
      );
      return another && one;
    },
    kill: ({ program }) => program.kill('SIGKILL'),
    freeze(member) {
      frozen.add(member);
      member.program.kill('SIGSTOP');
    },
    thaw,
    thawAll() {
      for (const member of members) {
        thaw(member);
        member.share?.thawServer();
      }
    },
    async end() {
      await bury();
      await Promise.all([...members].map(stop));
    },
    async killAll() {
      for (const { program } of members) program.kill('SIGKILL');
      // One that waits for its file server ends with it.
      for (const { share } of members) share?.close();
      await Promise.allSettled([...members].map(({ program }) => program.finished));
      members.forEach(forget);
    },
  };
}

/**
 * It takes the source for another one. So it does, rightly, where its share is not sound, and wrongly where most folders near
 * the root were renamed since the daemon looked at them, up to a minute ago.
 */
function refuses({ program }: Member): boolean {
  return program.stderr().includes(' refusal=source ');
}

/** It takes jobs, so that it is in its namespaces. */
function works({ program }: Member): boolean {
  return program.stderr().includes(' working ');
}
