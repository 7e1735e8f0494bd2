import { readFileSync } from 'node:fs';
import type { RedisOptions as AllOptions, Redis } from 'ioredis';
import { ConfigError } from '../config/config-error.js';
import type { RedisConfig } from '../config/queue.js';
import { packageMissing } from './package-missing.js';
import { historyOf, unfitness } from './redis-fitness.js';
import { RedisUnfitError, unfitBy } from './redis-trouble.js';

/** Answers have the form that they have in Redis's own documentation. */
type RedisOptions = Omit<AllOptions, 'replyMapping'>;

/** A connection to Redis for commands. It comes back by itself when it was lost. */
export interface RedisConnection {
  readonly client: Redis;
  /** Another connection, for commands that wait for something to happen. The caller disconnects it. */
  openWaiting(): Redis;
  /** Whether it is there now. */
  isUp(): boolean;
  /** How often it came, the first time too: another number is another connection. */
  connections(): number;
  /** `change` is called when it is there, and when it is lost. Returns what ends that. */
  listen(change: (isUp: boolean) => void): () => void;
  /** Why it is not there, as far as is known. */
  trouble(): Error | undefined;
  /** Runs a script: see https://redis.io/docs/latest/commands/eval/. Keys begin with `longshore:`. */
  eval(script: string, keys: string[], args: (string | number)[]): Promise<unknown>;
  /** Resolves as historyOf. Rejects with RedisUnfitError where it is not fit for a queue, and with its errors. */
  prove(): Promise<string | undefined>;
  close(): Promise<void>;
}

/**
 * - `prompt`: a command is answered soon, or rejects: the daemon then does the work itself.
 * - `patient`: commands wait until Redis is there, as a worker has nothing else to do.
 */
export type Patience = 'prompt' | 'patient';

/** Between attempts to connect; ioredis's own waits grow to 20 s. */
const LONGEST_RETRY_MS = 2_000;
const RETRY_STEP_MS = 100;
const CONNECT_MS = 5_000;
const COMMAND_MS = 5_000;
/** A waiting command is answered after 10 s at the latest: a connection that is silent for longer is dead. */
const SILENT_MS = 20_000;

/** Begins to connect. Rejects where the package is missing, or a secret or the authority's file. */
export async function openRedis(config: RedisConfig, patience: Patience): Promise<RedisConnection> {
  const Client = await load();
  const common = optionsOf(config);
  const waiting: RedisOptions = { ...common, maxRetriesPerRequest: null, socketTimeout: SILENT_MS };
  const prompt: RedisOptions = { ...common, ...PROMPT };
  const client = new Client(patience === 'patient' ? waiting : prompt);
  let trouble: Error | undefined;
  let connections = 0;
  client.on('error', (error: Error) => {
    trouble = error;
  });
  client.on('ready', () => {
    trouble = undefined;
    connections += 1;
  });
  return {
    client,
    openWaiting() {
      const another = new Client(waiting);
      another.on('error', () => {}); // the first connection has the same, and reports it
      return another;
    },
    isUp: () => client.status === 'ready',
    connections: () => connections,
    listen(change) {
      const [ready, close] = [() => change(true), () => change(false)];
      client.on('ready', ready).on('close', close);
      return () => void client.off('ready', ready).off('close', close);
    },
    trouble: () => trouble && (unfitBy(trouble) ?? trouble),
    eval: (script, keys, args) => client.eval(script, keys.length, ...keys, ...args),
    async prove() {
      const info = await client.info();
      const why = unfitness(info);
      if (why !== undefined)
        throw new RedisUnfitError(`${config.host}:${config.port} is not fit for a queue: ${why}`);
      return historyOf(info);
    },
    async close() {
      client.disconnect();
    },
  };
}

const PROMPT: RedisOptions = {
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  commandTimeout: COMMAND_MS,
};

function optionsOf({ host, port, tls, username, password, ca }: RedisConfig): RedisOptions {
  return {
    host,
    port,
    connectionName: 'longshore',
    connectTimeout: CONNECT_MS,
    retryStrategy: (attempt) => Math.min(attempt * RETRY_STEP_MS, LONGEST_RETRY_MS),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: password.reveal() }),
    ...(tls && { tls: ca === undefined ? {} : { ca: readAuthority(ca) } }),
  };
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`queue.redis.ca cannot be read: ${why}`, { cause: error });
  }
}

async function load(): Promise<typeof Redis> {
  try {
    return (await import('ioredis')).Redis;
  } catch (error) {
    throw packageMissing(error);
  }
}
