import { isoTime } from '../clock.js';
import type { Config } from '../config/config.js';
import { didYouMean } from '../config/suggest.js';
import { parseDuration } from '../config/units.js';
import { printable } from '../printable.js';
import { withDaemon } from './ask.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';

export interface PauseCommand {
  readonly names: readonly string[];
  /** As written, such as `2h`. */
  readonly duration: string;
}

/** `longshore pause [NAME...] [--for DURATION]`, of mirrors or targets. */
export function pause(
  configFile: string | undefined,
  { names, duration }: PauseCommand,
  io: Io,
): Promise<number> {
  const ms = parseDuration(duration);
  if (ms === undefined || ms <= 0)
    throw new UsageError(`--for: expected a duration such as 2h, got ${JSON.stringify(duration)}`);
  return withDaemon(configFile, io, async ({ config, output, post }) => {
    const untilMs = io.clock.now() + ms;
    for (const what of pausables(config, names)) {
      await post('/pause', { ...what, untilMs });
      output.line(`${nameOf(what)} is paused until ${isoTime(untilMs)}`);
    }
  });
}

/** `longshore resume [NAME...]`. */
export function resume(
  configFile: string | undefined,
  names: readonly string[],
  io: Io,
): Promise<number> {
  return withDaemon(configFile, io, async ({ config, output, post }) => {
    const all = names.length === 0 ? allOf(config) : pausables(config, names);
    let resumed = 0;
    for (const what of all) {
      const answer = (await post('/resume', { ...what })) as { readonly resumed: boolean };
      if (answer.resumed) resumed += 1;
      if (answer.resumed) output.line(`${nameOf(what)} goes on`);
      else if (names.length > 0) output.line(`${nameOf(what)} was not paused`);
    }
    if (resumed === 0 && names.length === 0) output.line('nothing was paused');
  });
}

/** The member of the request that names it. */
type Pausable = { readonly mirror: string } | { readonly target: string };

function nameOf(what: Pausable): string {
  return 'mirror' in what ? printable(what.mirror) : `target ${printable(what.target)}`;
}

function allOf({ mirrors, targets }: Config): readonly Pausable[] {
  return [
    ...mirrors.map(({ name }) => ({ mirror: name })),
    ...targets.map(({ name }) => ({ target: name })),
  ];
}

/** Without names all mirrors. A name that both a mirror and a target have is that of the mirror. */
function pausables({ mirrors, targets }: Config, names: readonly string[]): readonly Pausable[] {
  if (names.length === 0) return mirrors.map(({ name }) => ({ mirror: name }));
  return names.map((name) => {
    if (mirrors.some((mirror) => mirror.name === name)) return { mirror: name };
    if (targets.some((target) => target.name === name)) return { target: name };
    const known = [...mirrors, ...targets].map((one) => one.name);
    throw new UsageError(
      `no mirror or target is called ${JSON.stringify(name)}${didYouMean(name, known)}`,
    );
  });
}
