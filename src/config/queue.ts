import { count, folder, type Infer, named, secret, section, text } from './fields.js';
import { NAME, NAME_RULE } from './name.js';
import type { ConfigContext, Secret } from './secret.js';
import { wrong } from './wording.js';

/** The queue over Redis through which workers on other machines get their jobs; see docs/several-machines.md. */
export interface QueueConfig {
  /** Name of the daemon in Redis. Undefined: the host name of its machine. */
  readonly name: string | undefined;
  readonly redis: RedisConfig;
}

export interface RedisConfig {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Undefined: Redis's own, `default`. */
  readonly username: string | undefined;
  /** Undefined: Redis asks for none. */
  readonly password: Secret | undefined;
  /** Absolute path of a PEM file: who signed the certificate of Redis. Undefined: one of Node's authorities. */
  readonly ca: string | undefined;
}

/** What `longshore worker` reads, and nothing else. */
export interface WorkerConfig {
  /** Name of the daemon whose jobs it takes. Undefined: that of `queue`. */
  readonly serves: string | undefined;
  /** Absolute paths of sources that are elsewhere on the worker's machine, by the mirror's name. */
  readonly sources: Readonly<Record<string, string>>;
  /** Jobs at once. */
  readonly jobs: number;
}

/** Jobs of one mirror that are in Redis at once; more would make it larger, and nothing faster. */
export const MOST_JOBS = 64;

const URL_RULE =
  'a URL such as "rediss://queue.example.org:6380" or "redis://127.0.0.1:6379" (user and password have keys of their own)';
const REDIS_URL =
  /^rediss?:\/\/(?:\[[\da-f:.]+\]|[A-Za-z\d](?:[A-Za-z\d._-]*[A-Za-z\d])?)(?::\d{1,5})?\/?$/i;

const redisSection = (context: ConfigContext) =>
  section(
    'The Redis server. It must keep what it has (maxmemory-policy noeviction, appendonly yes).',
    {
      url: text('Where it is; rediss: over TLS. Port: 6379 where none is given.', {
        pattern: REDIS_URL,
        rule: URL_RULE,
      }).refine((url) => !REDIS_URL.test(url) || URL.canParse(url), { error: wrong(URL_RULE) }),
      username: text('User of its access control list. Default: that of Redis, default.', {
        pattern: /^[^\s\0-\x1f\x7f]+$/,
        rule: 'the name of a user',
      }).optional(),
      password: secret('Password of the user.', context).optional(),
      ca: folder(
        'PEM file of the authority that signed its certificate. Default: those that Node knows.',
        context,
      ).optional(),
    },
  );

export const queueSection = (context: ConfigContext) =>
  section('A queue over Redis: workers on other machines help mirrors that have workers: true.', {
    name: text('Name of this daemon in Redis. Default: the host name of its machine.', {
      pattern: NAME,
      rule: NAME_RULE,
    }).optional(),
    redis: redisSection(context),
  });

export const workerSection = (context: ConfigContext) =>
  section('What `longshore worker` does on its machine. The daemon does not read it.', {
    serves: text('Name of the daemon whose jobs it takes. Default: that of queue.', {
      pattern: NAME,
      rule: NAME_RULE,
    }).optional(),
    sources: named(
      'Sources that are elsewhere on this machine, by the name of their mirror.',
      folder('The folder that holds the same files.', context),
    ).default({}),
    jobs: count('Jobs at once.', { min: 1, max: MOST_JOBS }).default(2),
  });

const REDIS_PORT = 6379;

export function queueOf(written: Infer<typeof queueSection> | undefined): QueueConfig | undefined {
  if (written === undefined) return undefined;
  const { url, username, password, ca } = written.redis;
  const { protocol, hostname, port } = new URL(url);
  return {
    name: written.name,
    redis: {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? REDIS_PORT : Number(port),
      tls: protocol === 'rediss:',
      username,
      password,
      ca,
    },
  };
}

export function workerOf(written: Infer<typeof workerSection> | undefined): WorkerConfig {
  const { serves, sources = {}, jobs = 2 } = written ?? {};
  return { serves, sources, jobs };
}
