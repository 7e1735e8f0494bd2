import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { RedisConfig } from '../../src/config/queue.js';
import { Secret } from '../../src/config/secret.js';
import { createFolder, removeFolder } from '../world/folder.js';

/** The rights that docs/several-machines.md gives longshore. */
export const RIGHTS = '~longshore:* &longshore:* +@all -@admin -@dangerous +info +client';
const PASSWORD = 'longshore-test';

/** A Redis of its own for one test, which may do to it what it likes. */
export interface OwnRedis {
  readonly port: number;
  /** As the user longshore, or as another one. */
  config(different?: Partial<RedisConfig>): RedisConfig;
  /** Lines of a configuration file: `queue:`, with this name of the daemon. */
  yaml(name?: string): string;
  /** With all rights. Closed at the end of the test. */
  readonly admin: Redis;
  kill(): Promise<void>;
  /** Again, with what is on its disk. `lines`: of its configuration, in place of those before. */
  start(lines?: readonly string[]): Promise<void>;
  /** It takes connections, and answers nothing. */
  freeze(): void;
  thaw(): void;
}

/** As a queue needs it. */
export const FIT = ['appendonly yes', 'appendfsync everysec', 'maxmemory-policy noeviction'];

/** Debian's redis-server, with these lines of configuration besides; ended at the end of the test. */
export async function startOwnRedis(lines: readonly string[] = FIT): Promise<OwnRedis> {
  const folder = createFolder('redis');
  const port = await freePort();
  const file = join(folder, 'redis.conf');
  mkdirSync(join(folder, 'data'));
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
    const place = [`port ${port}`, 'bind 127.0.0.1', `dir ${join(folder, 'data')}`, 'save ""'];
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
  onTestFinished(async () => {
    admin.disconnect();
    server?.kill('SIGCONT');
    await kill();
    removeFolder(folder);
  });
  await start();
  return {
    port,
    admin,
    kill,
    start,
    config: (different) => redisConfig(port, different),
    yaml: (name = 'nas1') =>
      `queue:\n  name: ${name}\n  redis: { url: "redis://127.0.0.1:${port}", username: longshore, password: ${PASSWORD} }\n`,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
  };
}

function redisConfig(port: number, different: Partial<RedisConfig> = {}): RedisConfig {
  return {
    host: '127.0.0.1',
    port,
    tls: false,
    username: 'longshore',
    password: secretOf(PASSWORD),
    ca: undefined,
    ...different,
  };
}

export function secretOf(literal: string): Secret {
  return new Secret({ literal }, { folder: '/', env: {} });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
