import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openDatagramSocket } from '../unix-datagram.js';
import type { Env } from './env.js';

/** Sends assignments of sd_notify(3), such as `READY=1`, to systemd. */
export interface Sender {
  /** In one message. Rejects when they could not be handed over. */
  send(assignments: readonly string[]): Promise<void>;
  close(): void;
}

const run = promisify(execFile);

/** systemd-notify itself waits up to five seconds for systemd to have read the message. */
const TIMEOUT_MS = 10_000;

/**
 * Sends each message from this process, which needs no memory for a new one and no time for its start. Where that is not to be
 * had (see unix-datagram.ts), or systemd is behind with reading, systemd's own program sends it, and waits. systemd takes a message
 * of such a child of the service only with `NotifyAccess=all`.
 */
export function systemdSender({ NOTIFY_SOCKET = '', PATH }: Env): Sender {
  const socket = openDatagramSocket();
  return {
    async send(assignments) {
      const message = Buffer.from(assignments.join('\n'));
      if (socket !== undefined && socket.send(message, NOTIFY_SOCKET) === undefined) return;
      await run('systemd-notify', assignments, {
        env: { NOTIFY_SOCKET, PATH },
        timeout: TIMEOUT_MS,
        killSignal: 'SIGKILL',
      });
    },
    close: () => socket?.close(),
  };
}
