import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** The rights that docs/several-machines.md gives longshore. */
export const RIGHTS = '~longshore:* &longshore:* +@all -@admin -@dangerous +info +client';
export const PASSWORD = 'longshore-test';

/** Debian's redis-server as a child, to which anything may be done. */
export interface RedisServer {
  readonly port: number;
  /** Lines of a configuration file: `queue:`, with this name of the daemon. */
  yaml(name?: string): string;
  /** With all rights. */
  readonly admin: Redis;
  kill(): Promise<void>;
  /** Again, with what is on its disk. `lines`: of its configuration, in place of those before. */
  start(lines?: readonly string[]): Promise<void>;
  /** Copies what is on its disk now. */
  keep(): void;
  /** Kills it, and starts it with what was kept last. */
  setBack(): Promise<void>;
  /** It takes connections, and answers nothing. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** As a queue needs it. */
export const FIT = ['appendonly yes', 'appendfsync everysec', 'maxmemory-policy noeviction'];

/** In an empty folder, with these lines of configuration besides. */
export async function startRedisServer(
  folder: string,
  lines: readonly string[] = FIT,
): Promise<RedisServer> {
  const port = await freePort();
  const file = join(folder, 'redis.conf');
  const [data, kept] = [join(folder, 'data'), join(folder, 'kept')];
  mkdirSync(data);
  let server: ChildProcess | undefined;

  async function kill(): Promise<void> {
    if (server === undefined) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
    server = undefined;
  }

  async function start(now: readonly string[] = lines): Promise<void> {
    // Redis does not start with two definitions of one user.
    const others = now.some((line) => line.startsWith('user longshore '));
    const users = [
      'user default on nopass ~* &* +@all',
      ...(others ? [] : [`user longshore on >${PASSWORD} ${RIGHTS}`]),
    ];
    const place = [`port ${port}`, 'bind 127.0.0.1', `dir ${data}`, 'save ""'];
    writeFileSync(file, [...place, ...users, ...now, ''].join('\n'));
    // Frozen in the process group of the test, it would bring a SIGHUP over all of it.
    server = spawn('redis-server', [file], { stdio: 'ignore', detached: true });
    await admin.ping();
  }

  const admin = new Redis({
    port,
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: () => 50,
  });
  admin.on('error', () => {}); // it may be away
  await start();
  return {
    port,
    admin,
    kill,
    start,
    yaml: (name = 'nas1') =>
      `queue:\n  name: ${name}\n  redis: { url: "redis://127.0.0.1:${port}", username: longshore, password: ${PASSWORD} }\n`,
    keep() {
      rmSync(kept, { recursive: true, force: true });
      cpSync(data, kept, { recursive: true });
    },
    async setBack() {
      await kill();
      rmSync(data, { recursive: true });
      cpSync(kept, data, { recursive: true });
      await start();
    },
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async close() {
      admin.disconnect();
      server?.kill('SIGCONT');
      await kill();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
