import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { type ApiRoute, SOCKET_CALLER } from './api.js';
import { exchange } from './exchange.js';
import { createRouter } from './router.js';
import { type ShortPath, SOCKET_NAME, shortPath } from './socket.js';

export interface ControlOptions {
  /** The caller holds its lock: whatever socket lies there belongs to a daemon that is dead. */
  readonly stateFolder: string;
  readonly routes: readonly ApiRoute[];
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
  const closing = new AbortController();
  const options = {
    router: createRouter(routes),
    caller: SOCKET_CALLER,
    log,
    // A kept connection would hold up the closing of the daemon.
    headers: { connection: 'close' },
    closing: closing.signal,
  };
  const server = createServer((request, response) => void exchange(request, response, options));
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
      closing.abort(new Error('the daemon ends'));
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
