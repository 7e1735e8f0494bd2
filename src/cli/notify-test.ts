import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { openChannel } from '../alerts/channel.js';
import { testMessage } from '../alerts/message.js';
import { createPoster } from '../alerts/post.js';
import { didYouMean } from '../config/suggest.js';
import { EXIT, UsageError } from './exit.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';
import { openOutput } from './output.js';

/**
 * `longshore notify test`: sends a message on each channel of the configuration, or on the named ones. FAILED when one was
 * not taken. The heartbeat is not called: that would say that all is well.
 */
export async function notifyTest(
  configFile: string | undefined,
  names: readonly string[],
  io: Io,
): Promise<number> {
  const { notify } = await openConfig(io, configFile);
  const known = notify.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (known.length === 0) throw new UsageError('the configuration has no channel under notify');
  if (unknown !== undefined)
    throw new UsageError(
      `no channel is called ${JSON.stringify(unknown)}${didYouMean(unknown, known)}\nchannels: ${known.join(', ')}`,
    );
  const chosen = notify.filter(({ name }) => names.length === 0 || names.includes(name));
  const output = openOutput(io.stdout);
  const { post, close } = createPoster(io.env);
  return interruptible(io, async (signal) => {
    let failed = false;
    try {
      const parts = { clock: io.clock, post, env: io.env };
      const message = testMessage({ id: randomUUID(), host: hostname(), atMs: io.clock.now() });
      for (const channel of chosen.map((config) => openChannel(config, parts))) {
        try {
          await channel.deliver(message, signal);
          output.line(`${channel.name}: sent`);
        } catch (error) {
          signal.throwIfAborted();
          failed = true;
          output.line(
            `${channel.name}: failed: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
      }
    } finally {
      await close();
    }
    await output.finish();
    return failed ? EXIT.FAILED : EXIT.OK;
  });
}
