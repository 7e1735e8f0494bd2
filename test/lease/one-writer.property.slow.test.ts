import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Lease } from '../../src/lease/lease.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { type FakeClock, fakeClock } from '../fakes/clock.js';
import { holder, MINUTE, openRig } from './rig.js';

type Step =
  | { readonly do: 'pass'; readonly ms: number }
  | {
      readonly do: 'want' | 'stop' | 'kill' | 'reboot' | 'sleep' | 'wake';
      readonly machine: number;
    }
  | { readonly do: 'set clock'; readonly machine: number; readonly ms: number };

const MACHINES = 2;
/** Its clock may be set in either direction. Of one that sleeps, a clock that is set back hides for how long. */
const SLEEPLESS = 0;
const machine = fc.nat(MACHINES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 1 * MINUTE, 5 * MINUTE, 9 * MINUTE, 11 * MINUTE),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('want' as const), machine }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('sleep' as const, 'wake' as const),
      machine: fc.constant(MACHINES - 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('stop' as const, 'kill' as const, 'reboot' as const),
      machine,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('set clock' as const),
      machine,
      ms: fc.integer({ min: -1_000 * MINUTE, max: 1_000 * MINUTE }),
    }),
  },
);

type Rig = Awaited<ReturnType<typeof openRig>>;

/** A machine on the common time that runs one process at a time, on one state. Asleep, its timers and its monotonic clock stand still. */
class Machine {
  readonly #number: number;
  readonly #rig: Rig;
  #process: { readonly lease: Lease; readonly clock: FakeClock } | undefined;
  #lives = 0;
  #boots = 0;
  #offsetMs = 0;
  asleep = false;

  constructor(number: number, rig: Rig) {
    this.#number = number;
    this.#rig = rig;
  }

  get lease(): Lease | undefined {
    return this.#process?.lease;
  }

  start(): Lease {
    if (this.#process === undefined) {
      const clock = fakeClock();
      const now = () => this.#rig.clock.now() + this.#offsetMs;
      this.#lives += 1;
      const self = holder(`m${this.#number}`, {
        pid: this.#lives,
        bootId: `boot ${this.#boots} of m${this.#number}`,
      });
      this.#process = { clock, lease: this.#rig.lease(self, { clock: { ...clock, now } }) };
    }
    return this.#process.lease;
  }

  async pass(ms: number): Promise<void> {
    if (!this.asleep) await this.#process?.clock.advance(ms);
  }

  /** Without a word to anybody: its timers never run again. */
  kill(): void {
    this.#process = undefined;
  }

  reboot(): void {
    this.kill();
    this.#boots += 1;
  }

  setClock(byMs: number): void {
    this.#offsetMs += this.#number === SLEEPLESS ? byMs : Math.abs(byMs);
  }
}

async function happen(now: Step, machines: readonly Machine[], { clock }: Rig): Promise<void> {
  if (now.do === 'pass') {
    // In small pieces, so that all live through the same time.
    for (let left = now.ms; left > 0; left -= MINUTE) {
      const ms = Math.min(left, MINUTE);
      await clock.advance(ms);
      for (const each of machines) await each.pass(ms);
    }
    return;
  }
  const at = machines[now.machine];
  if (at === undefined) return;
  if (now.do === 'wake') at.asleep = false;
  if (now.do === 'set clock') at.setClock(now.ms);
  if (at.asleep) return;
  if (now.do === 'sleep') at.asleep = true;
  if (now.do === 'want') await Promise.allSettled([at.start().acquire(NEVER_ABORTED)]);
  if (now.do === 'stop') await at.lease?.release();
  if (now.do === 'stop' || now.do === 'kill') at.kill();
  if (now.do === 'reboot') at.reboot();
}

/** Every process that is awake would write now: those that may. */
async function writers(machines: readonly Machine[]): Promise<string[]> {
  const may: string[] = [];
  for (const [number, { asleep, lease }] of machines.entries()) {
    if (asleep || lease === undefined) continue;
    const [{ status }] = await Promise.allSettled([Promise.resolve(lease.hold(NEVER_ABORTED))]);
    if (status === 'fulfilled') may.push(`m${number}`);
  }
  return may;
}

test('lease: whatever machines and their clocks do, only the process that the lease names writes', async () => {
  let writes = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 40, maxLength: 100, size: 'max' }),
      async (steps) => {
        const rig = await openRig();
        const machines = Array.from({ length: MACHINES }, (_, number) => new Machine(number, rig));
        for (const now of steps) {
          await happen(now, machines, rig);
          const may = await writers(machines);
          if (may.length === 0) continue;
          writes += 1;
          expect([(await rig.document())['holder']]).toEqual(
            may.map((host) => expect.objectContaining({ host })),
          );
        }
      },
    ),
    { numRuns: 200 },
  );
  expect(writes).toBeGreaterThan(1_000);
});
