import { isoTime } from '../clock.js';
import { escapeUnprintable, printable } from '../printable.js';
import { counted } from '../status/units.js';
import type { HeldDescription } from '../sync/guard/guard.js';
import { EXIT } from './exit.js';
import { type OpenGuardControl, withGuardControl } from './guard-control.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';
import { type Output, openOutput } from './output.js';

export interface HeldCommand {
  readonly mirror: string | undefined;
  readonly json: boolean;
}

/** For people so many names are shown; `--json` has them all. */
const SHOWN = 20;

/** `longshore held [MIRROR]`: what waits for a decision. Exit code 4 when something does. */
export async function held(
  configFile: string | undefined,
  { mirror, json }: HeldCommand,
  io: Io,
): Promise<number> {
  const config = await openConfig(io, configFile);
  const output = openOutput(io.stdout);
  return interruptible(io, async (interrupt) => {
    const signal = AbortSignal.any([interrupt, output.closed]);
    let any = false;
    try {
      for (const name of mirror === undefined ? config.mirrors.map((one) => one.name) : [mirror]) {
        any =
          (await withGuardControl(config, name, io, signal, (open) =>
            json ? printAll(open, output) : show(open, output),
          )) || any;
      }
    } catch (error) {
      if (!output.closed.aborted) throw error;
    }
    await output.finish();
    return any ? EXIT.HELD : EXIT.OK;
  });
}

async function printAll({ mirror, control }: OpenGuardControl, output: Output): Promise<boolean> {
  const description = await control.describe();
  if (description.id !== '') {
    for await (const { name, change } of control.list())
      output.json({ event: 'held', mirror, change, name });
  }
  output.json({ event: 'summary', mirror, ...description });
  return description.id !== '';
}

async function show({ mirror, control }: OpenGuardControl, output: Output): Promise<boolean> {
  const description = await control.describe();
  const name = printable(mirror);
  const { id, sinceMs, why, foreign } = description;
  if (id === '') {
    output.line(`${name}: nothing is held`);
    return false;
  }
  output.line(`${name}: ${amounts(description)} held since ${isoTime(sinceMs ?? 0)}`);
  output.line(`  why: ${escapeUnprintable(why)}`);
  let shown = 0;
  for await (const object of control.list()) {
    if (shown === SHOWN) {
      output.line('  … and more: --json has them all');
      break;
    }
    output.line(`  ${object.change} ${printable(object.name)}`);
    shown += 1;
  }
  if (foreign > 0) {
    const names = `longshore reconcile ${name} --dry-run --json`;
    output.line(
      `  delete ${counted(foreign, 'object')} that longshore did not put there (extraneous: delete); ${foreign === 1 ? 'its name' : 'their names'}: ${names}`,
    );
  }
  output.line(`All of this is meant:  longshore approve ${name} ${id}`);
  output.line(
    `It is not:             longshore reject ${name} ${id}   (the objects are kept: restore the files from them)`,
  );
  output.line(
    'Files that come back are released by themselves. New and changed files are mirrored meanwhile.',
  );
  return true;
}

function amounts({ deletes, overwrites, foreign }: HeldDescription): string {
  const parts = [
    ...(deletes + foreign > 0 ? [`${counted(deletes + foreign, 'delete')}`] : []),
    ...(overwrites > 0 ? [`${counted(overwrites, 'overwrite')}`] : []),
  ];
  return parts.length === 0 ? 'nothing yet' : parts.join(' and ');
}
