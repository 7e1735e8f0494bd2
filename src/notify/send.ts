import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Env } from './env.js';

/** Delivers assignments of sd_notify(3), such as `READY=1`, in one message. Rejects when they could not be handed over. */
export type Send = (assignments: readonly string[]) => Promise<void>;

const run = promisify(execFile);

/** systemd-notify itself waits up to five seconds for systemd to have read the message. */
const TIMEOUT_MS = 10_000;

/**
 * Node has no Unix datagram sockets (nodejs/node#29339), so systemd's own program sends each message. systemd takes it
 * from a child of the service only with `NotifyAccess=all`, and the program waits until systemd has read it, without
 * which a sender that has exited could not be matched with its unit.
 */
export function systemdNotify(env: Env): Send {
  const { NOTIFY_SOCKET, PATH } = env;
  return async (assignments) => {
    await run('systemd-notify', assignments, {
      env: { NOTIFY_SOCKET, PATH },
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
  };
}
