import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '../clock.js';
import type { StatusAnswer } from './schema-status.js';
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
  /** Of a POST; plain JSON. */
  readonly body?: unknown;
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
  options: AskOptions,
): Promise<unknown> {
  return jsonOf(await answerTo(method, target, options));
}

/** The same for an answer that is text. */
export async function askDaemonText(target: string, options: AskOptions): Promise<string> {
  return answerTo('GET', target, options);
}

function jsonOf(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch (cause) {
    throw new DaemonAnswerError('the daemon gave no proper answer: it is no JSON', { cause });
  }
}

/** The text of the answer. */
async function answerTo(
  method: 'GET' | 'POST',
  target: string,
  { stateFolder, clock, signal, patienceMs = PATIENCE_MS, body }: AskOptions,
): Promise<string> {
  signal.throwIfAborted();
  const late = new AbortController();
  const cancel = clock.after(patienceMs, () => late.abort());
  try {
    const until = AbortSignal.any([signal, late.signal]);
    return await read(await send(stateFolder, method, target, until, body));
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

/** What the control API says of all mirrors together, beside the status of each. */
export type StatusOverview = Pick<
  StatusAnswer,
  'host' | 'nowMs' | 'eventId' | 'currentToMs' | 'attention'
>;

/** The same of all mirrors, with what concerns one or all of them. Undefined: the daemon is of a version without it. */
export async function askOverview(
  mirror: string | undefined,
  options: AskOptions,
): Promise<StatusOverview | undefined> {
  const answer = await askDaemon('GET', '/api/v1/status', options).catch((error: unknown) => {
    if (error instanceof DaemonAnswerError) return undefined;
    throw error;
  });
  if (answer === undefined) return undefined;
  const { host, nowMs, eventId, currentToMs, attention } = answer as StatusAnswer;
  const concerns = attention.filter((one) => mirror === undefined || one.mirror === mirror);
  return { host, nowMs, eventId, currentToMs, attention: concerns };
}

/**
 * The lines of an answer that goes on, such as that of `/api/v1/events?format=lines`, without the empty ones. Ends when the
 * daemon ends it, also by cutting the connection; rejects as `askDaemon` does when it does not begin.
 */
export async function* daemonLines(
  target: string,
  { stateFolder, signal }: Pick<AskOptions, 'stateFolder' | 'signal'>,
): AsyncGenerator<string, void> {
  const response = await send(stateFolder, 'GET', target, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw explained(cause, stateFolder);
  });
  if (response.statusCode !== 200) {
    await read(response);
    return;
  }
  let rest = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '');
    }
  } catch {
    signal.throwIfAborted(); // else the daemon has ended, or has cut off a reader that is too slow
  }
}

async function send(
  stateFolder: string,
  method: string,
  path: string,
  signal: AbortSignal,
  body?: unknown,
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
          headers: {
            host: 'longshore',
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          agent: false,
        },
        resolve,
      )
        .on('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body));
    });
  } finally {
    await short.release();
  }
}

async function read(response: IncomingMessage): Promise<string> {
  const answer = await text(response);
  if (response.statusCode === 200) return answer;
  const body = jsonOf(answer);
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
