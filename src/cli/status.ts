import { askOverview, askStatus } from '../status/client.js';
import { formatStatus } from '../status/format.js';
import { EXIT } from './exit.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { checkMirrorNames, openConfig } from './open-config.js';
import { type Output, openOutput } from './output.js';
import { exitCodeOfStatus } from './status-code.js';

export interface StatusCommand {
  readonly mirror: string | undefined;
  readonly json: boolean;
  readonly watch: boolean;
  /** Whether the exit code says how the mirrors are. */
  readonly exitCode: boolean;
}

const WATCH_EVERY_MS = 1_000;
const CLEAR_SCREEN = '\x1b[H\x1b[2J\x1b[3J';

/** `longshore status`: asks the running daemon. With `--watch` again and again, until a signal or the reader ends it. */
export async function status(
  configFile: string | undefined,
  command: StatusCommand,
  io: Io,
): Promise<number> {
  const config = await openConfig(io, configFile);
  if (command.mirror !== undefined) checkMirrorNames(config, [command.mirror]);
  const output = openOutput(io.stdout);
  return interruptible(io, async (interrupt) => {
    const signal = AbortSignal.any([interrupt, output.closed]);
    let answered = false;
    let code: number = EXIT.OK;
    try {
      do {
        const asking = { stateFolder: config.stateFolder, clock: io.clock, signal };
        const answer = await askStatus(command.mirror, asking);
        const overview = await askOverview(command.mirror, asking);
        if (command.json) output.json({ ...answer, ...overview });
        else show(formatStatus(answer, io.clock.now(), overview?.attention), command, output, io);
        answered = true;
        if (command.exitCode) code = exitCodeOfStatus(answer.mirrors);
        if (command.watch) await io.clock.sleep(WATCH_EVERY_MS, signal);
      } while (command.watch);
    } catch (error) {
      const isItsEnd = output.closed.aborted || (interrupt.aborted && answered);
      if (!isItsEnd) throw error;
    }
    await output.finish();
    return code;
  });
}

function show(text: string, { watch }: StatusCommand, output: Output, { stdout }: Io): void {
  if (watch && stdout.isTTY) stdout.write(CLEAR_SCREEN);
  output.lines(text.trimEnd());
}
