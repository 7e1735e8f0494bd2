import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '../clock.js';
import type { DaemonStatus } from './snapshot.js';
import { SOCKET_NAME, shortPath } from './socket.js';

/** No process listens at the state folder's socket. */
export class DaemonNotRunningError extends Error {
  override readonly name = 'DaemonNotRunningError';
}

/** The daemon runs, but refused, failed or did not answer. */
export class DaemonAnswerError extends Error {
  override readonly name = 'DaemonAnswerError';
}

export interface AskOptions {
  readonly stateFolder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long an answer may take; without it as long as one from memory. */
  readonly patienceMs?: number;
}

/** A daemon answers at once, from memory; one that takes longer is stopped, or hangs. */
const PATIENCE_MS = 10_000;

/**
 * Asks the daemon that holds the state folder. `target` is path and query, as in `/status?mirror=documents`. Resolves with
 * the answer's JSON; rejects with DaemonNotRunningError, with DaemonAnswerError, or with the signal's reason.
 */
export async function askDaemon(
  method: 'GET' | 'POST',
  target: string,
  { stateFolder, clock, signal, patienceMs = PATIENCE_MS }: AskOptions,
): Promise<unknown> {
  signal.throwIfAborted();
  const late = new AbortController();
  const cancel = clock.after(patienceMs, () => late.abort());
  try {
    return await read(
      await send(stateFolder, method, target, AbortSignal.any([signal, late.signal])),
    );
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof DaemonAnswerError) throw cause;
    throw late.signal.aborted
      ? new DaemonAnswerError(
          `the daemon of ${stateFolder} did not answer within ${patienceMs / 1000} s`,
          { cause },
        )
      : explained(cause, stateFolder);
  } finally {
    cancel();
  }
}

/**
 * The status of all mirrors, or of one; one that the daemon does not have is a DaemonAnswerError. The fields are those
 * of the daemon's version, which need not be ours.
 */
export async function askStatus(
  mirror: string | undefined,
  options: AskOptions,
): Promise<DaemonStatus> {
  const query = mirror === undefined ? '' : `?${new URLSearchParams({ mirror })}`;
  return (await askDaemon('GET', `/status${query}`, options)) as DaemonStatus;
}

async function send(
  stateFolder: string,
  method: string,
  path: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const short = await shortPath(stateFolder, SOCKET_NAME);
  try {
    return await new Promise((resolve, reject) => {
      request(
        {
          socketPath: short.path,
          method,
          path,
          signal,
          headers: { host: 'longshore' },
          agent: false,
        },
        resolve,
      )
        .on('error', reject)
        .end();
    });
  } finally {
    await short.release();
  }
}

async function read(response: IncomingMessage): Promise<unknown> {
  const body: unknown = JSON.parse(await text(response));
  if (response.statusCode === 200) return body;
  const message =
    typeof body === 'object' && body !== null && 'error' in body
      ? String(body.error)
      : `HTTP ${response.statusCode}`;
  throw new DaemonAnswerError(message);
}

function explained(cause: unknown, stateFolder: string): Error {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ECONNREFUSED':
      return new DaemonNotRunningError(
        `not running (no daemon holds ${stateFolder}); start with longshore run`,
        { cause },
      );
    case 'EACCES':
    case 'EPERM':
      return new DaemonAnswerError(
        `the daemon of ${stateFolder} belongs to another user; ask as that user, or as root`,
        { cause },
      );
    default:
      return new DaemonAnswerError(
        `the daemon of ${stateFolder} gave no proper answer: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
  }
}
