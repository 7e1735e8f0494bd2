import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { answer, type Routes } from './routes.js';
import { type ShortPath, SOCKET_NAME, shortPath } from './socket.js';

export interface ControlOptions {
  /** The caller holds its lock: whatever socket lies there belongs to a daemon that is dead. */
  readonly stateFolder: string;
  readonly routes: Routes;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ControlServer {
  readonly path: string;
  /** Takes no more requests, lets those under way finish for a moment, and removes the socket. */
  close(): Promise<void>;
}

const LAST_ANSWERS_MS = 2_000;

/** Answers HTTP on a Unix socket that only the daemon's own user (and root) may open. */
export async function openControlServer({
  stateFolder,
  routes,
  clock,
  log,
}: ControlOptions): Promise<ControlServer> {
  const server = createServer((request, response) => {
    void respond(routes, request, response, log);
  });
  const path = join(stateFolder, SOCKET_NAME);
  const nursery = join(stateFolder, 'control.new');
  let short: ShortPath | undefined;
  try {
    // Made in a folder that no other user can enter, so that it is never open to others, then moved over a stale one.
    await rm(nursery, { recursive: true, force: true });
    await mkdir(nursery, { mode: 0o700 });
    short = await shortPath(nursery, 'sock');
    await listen(server, short.path);
    await chmod(join(nursery, 'sock'), 0o600);
    await rename(join(nursery, 'sock'), path);
    await rm(nursery, { recursive: true });
  } catch (cause) {
    await shut(server, clock);
    await short?.release();
    throw new Error(
      `cannot open the control socket ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  server.on('error', (error) => log.error('control socket failed', { path, error }));

  return {
    path,
    async close() {
      // What stays there is moved over by the next daemon; to keep listening would keep this process alive.
      await rm(path, { force: true }).catch((error: unknown) =>
        log.warn('control socket not removed', { path, error }),
      );
      await shut(server, clock);
      await short.release(); // last: Node unlinks the path it listened on, which is good only as long as the folder is open
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function shut(server: Server, clock: Clock): Promise<void> {
  const cancel = clock.after(LAST_ANSWERS_MS, () => server.closeAllConnections());
  await new Promise<void>((resolve) => server.close(() => resolve()));
  cancel();
}

async function respond(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
): Promise<void> {
  request.resume();
  const { method = 'GET', url = '/' } = request;
  const { status, json } = await answerAsJson(routes, method, url, log);
  // A kept connection would hold up the closing of the daemon.
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    connection: 'close',
  });
  response.end(`${json}\n`);
}

async function answerAsJson(
  routes: Routes,
  method: string,
  url: string,
  log: Logger,
): Promise<{ status: number; json: string }> {
  try {
    const { status, body } = await answer(routes, method, url);
    return { status, json: JSON.stringify(body) };
  } catch (error) {
    log.error('control request failed', { method, url, error });
    return {
      status: 500,
      json: JSON.stringify({ error: error instanceof Error ? error.message : String(error) }),
    };
  }
}
