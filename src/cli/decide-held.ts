import { printable } from '../printable.js';
import { count, counted } from '../status/units.js';
import { HeldChangedError } from '../sync/guard/guard.js';
import { EXIT, UsageError } from './exit.js';
import { type OpenGuardControl, withGuardControl } from './guard-control.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';
import { openOutput } from './output.js';

export type HeldDecision =
  | { readonly decision: 'approve' | 'reject'; readonly mirror: string; readonly id: string }
  | { readonly decision: 'undo-rejections'; readonly mirror: string };

/** `longshore approve MIRROR ID`, `longshore reject MIRROR ID`, `longshore reject MIRROR --undo`. */
export async function decideHeld(
  configFile: string | undefined,
  decision: HeldDecision,
  io: Io,
): Promise<number> {
  const config = await openConfig(io, configFile);
  const output = openOutput(io.stdout);
  return interruptible(io, async (signal) => {
    try {
      const said = await withGuardControl(config, decision.mirror, io, signal, (open) =>
        decide(decision, open),
      );
      output.line(`${printable(decision.mirror)}: ${said}`);
      await output.finish();
      return EXIT.OK;
    } catch (error) {
      if (error instanceof HeldChangedError)
        throw new Error(`${error.message}: longshore held ${decision.mirror}`, { cause: error });
      throw error;
    }
  });
}

async function decide(
  decision: HeldDecision,
  { control, daemon }: OpenGuardControl,
): Promise<string> {
  switch (decision.decision) {
    case 'approve':
      return `${count(await control.approve(decision.id))} approved; ${daemon ? 'the daemon makes them now' : 'the next run makes them'}`;
    case 'reject':
      return `${count(await control.reject(decision.id))} rejected; the objects are kept as they are`;
    case 'undo-rejections':
      return `${counted(await control.undoRejections(), 'rejection')} undone; ${daemon ? 'the daemon' : 'the next run'} checks them again`;
  }
}

/** The decision that the arguments of `longshore reject` describe. @throws UsageError */
export function rejection(mirror: string, id: string | undefined, undo: boolean): HeldDecision {
  if (undo === (id !== undefined))
    throw new UsageError('reject takes the id that "longshore held" shows, or --undo');
  return id === undefined
    ? { decision: 'undo-rejections', mirror }
    : { decision: 'reject', mirror, id };
}
