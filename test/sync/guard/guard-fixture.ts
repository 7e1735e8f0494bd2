import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Ledger } from '../../../src/state/ledger.js';
import { openState, type State } from '../../../src/state/open-state.js';
import type { Guard } from '../../../src/sync/guard/guard.js';
import { openGuard } from '../../../src/sync/guard/open-guard.js';
import type { GuardRule } from '../../../src/sync/guard-rule.js';
import { type FakeClock, fakeClock } from '../../fakes/clock.js';
import { record } from '../../state/fixtures.js';
import { createFolder, removeFolder } from '../../world/folder.js';

export const RULE: GuardRule = { count: 5, share: 1, atLeast: 0, windowMs: 3_600_000 };
export const NO_EXTRANEOUS = { count: 0, digest: '' };

export interface Opened {
  readonly rule: GuardRule | null;
  /** So many of the next writes of the ledger fail. */
  readonly failing?: number;
}

export interface Kept {
  readonly clock: FakeClock & { jump(ms: number): void };
  /** The guard of a new process: the one before is gone. */
  reopen(as?: Opened): Promise<Guard>;
  readonly listener: boolean[];
}

/** A guard on a state that outlives it, in a mirror of 100 objects. */
export async function keep({
  rule = RULE,
}: {
  readonly rule?: GuardRule | null;
} = {}): Promise<Kept> {
  const folder = createFolder('guard');
  let jumped = 0;
  const standing = fakeClock();
  const clock = {
    ...standing,
    now: () => standing.now() + jumped,
    jump(ms: number) {
      jumped += ms;
    },
  };
  let state: State | undefined;
  const listener: boolean[] = [];
  const open = async (as: Opened = { rule }) => {
    await state?.close();
    state = await openState({
      folder,
      mirrors: [{ name: 'm', engine: 'lmdb' }],
      clock: systemClock,
    });
    const store = state.mirrors.get('m');
    if (!store) throw new Error('no state was opened');
    let failing = as.failing ?? 0;
    const ledger: Ledger = {
      ...store.ledger,
      async update(change) {
        failing -= 1;
        if (failing >= 0) throw new Error('disk full');
        await store.ledger.update(change);
      },
    };
    return {
      store,
      guard: await openGuard({
        ...store,
        ledger,
        rule: as.rule ?? undefined,
        clock,
        listener: (holding) => listener.push(holding),
      }),
    };
  };
  const { store } = await open();
  await Promise.all(Array.from({ length: 100 }, (_, at) => store.index.put(nameOf(at), record())));
  onTestFinished(async () => {
    await state?.close();
    removeFolder(folder);
  });
  return { clock, listener, reopen: async (as) => (await open(as)).guard };
}

export const nameOf = (at: number) => `f${String(at).padStart(3, '0')}`;

/** Asks for a delete and makes it when it may be made. */
export async function remove(guard: Guard, name: string): Promise<boolean> {
  const permit = await guard.ask('delete', name, guard.index.get(name));
  if (permit.granted) await guard.index.remove(name);
  return permit.granted;
}

export async function removeSome(guard: Guard, from: number, amount: number): Promise<number> {
  let granted = 0;
  for (let at = from; at < from + amount; at += 1)
    granted += Number(await remove(guard, nameOf(at)));
  return granted;
}

export async function namesHeld(guard: Guard): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, change } of guard.list()) names.push(`${change} ${name}`);
  return names;
}
