import { execFileSync } from 'node:child_process';
import type { DriverName } from '../faults/dialect.js';

/** Settings of a driver, as a configuration file has them. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** A real server that the environment names. */
export interface Server {
  readonly driver: DriverName;
  /** For test titles: `s3 (profile ceph) at http://127.0.0.1:7480`. */
  readonly title: string;
  /** `http://host:port`; for Swift that of its identity service. */
  readonly origin: string;
  readonly settings: Settings;
  /** Of Azure, where the account is another than that of emulators, the only one that rclone knows at such a host. */
  readonly sasUrl?: string;
  /** `LONGSHORE_S3`, `LONGSHORE_RGW_SWIFT`: the beginning of the variables that name it. */
  readonly variables: string;
  /** Whether the server is Ceph's object gateway. */
  readonly isCeph: boolean;
  /** Limits what a container may hold, in bytes; `off`: no longer. Undefined: the environment has no command for it. */
  readonly quota: ((container: string, bytes: number | 'off') => void) | undefined;
  /** The folder below which each file with a name in `.data` has the content of an object; undefined: it cannot be reached. */
  readonly disks: string | undefined;
}

const { env } = process;

/**
 * Every S3 that the environment names, once for each of its profiles. A server's variables are `LONGSHORE_S3_…`, or
 * `LONGSHORE_NAME_S3_…` for any NAME: `ENDPOINT` (`http://host:port`), `KEY`, `SECRET`, `PROFILE` (one or more, separated by
 * blanks; `generic`) and `REGION` (`us-east-1`).
 */
export function s3Servers(): readonly Server[] {
  return variablesOf('S3', 'ENDPOINT').flatMap((variables) => {
    const url = new URL(wanted(`${variables}_ENDPOINT`));
    const secure = url.protocol === 'https:';
    return (env[`${variables}_PROFILE`] ?? 'generic').split(' ').map((profile): Server => {
      const settings = {
        host: url.hostname,
        port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
        secure,
        profile,
        region: env[`${variables}_REGION`] ?? 'us-east-1',
        key: wanted(`${variables}_KEY`),
        secret: wanted(`${variables}_SECRET`),
      };
      const title = `s3 (profile ${profile}) at ${url.origin}`;
      return {
        driver: 's3',
        title,
        origin: url.origin,
        settings,
        variables,
        isCeph: isCeph(variables),
        quota: quotaOf(variables),
        disks: env[`${variables}_DISKS`],
      };
    });
  });
}

/** Every Swift that the environment names: `LONGSHORE_SWIFT_…` or `LONGSHORE_NAME_SWIFT_…`, with `AUTH_URL`, `KEY` and `SECRET`. */
export function swiftServers(): readonly Server[] {
  return variablesOf('SWIFT', 'AUTH_URL').map((variables): Server => {
    const auth = wanted(`${variables}_AUTH_URL`);
    const keys = { key: wanted(`${variables}_KEY`), secret: wanted(`${variables}_SECRET`) };
    const settings = { auth_url: auth, ...keys, segment_size: '1MiB' };
    const { origin } = new URL(auth);
    return {
      driver: 'swift',
      title: `swift at ${origin}`,
      origin,
      settings,
      variables,
      isCeph: isCeph(variables),
      quota: quotaOf(variables),
      disks: env[`${variables}_DISKS`],
    };
  });
}

/**
 * Every Azure Blob Storage that the environment names: `LONGSHORE_AZURE_…` or `LONGSHORE_NAME_AZURE_…`, with `ENDPOINT`
 * (`http://host:port`), `KEY` (the account) and `SECRET`.
 */
export function azureServers(): readonly Server[] {
  return variablesOf('AZURE', 'ENDPOINT').map((variables): Server => {
    const url = new URL(wanted(`${variables}_ENDPOINT`));
    const settings = {
      host: url.hostname,
      port: Number(url.port),
      secure: url.protocol === 'https:',
      key: wanted(`${variables}_KEY`),
      secret: wanted(`${variables}_SECRET`),
      block_size: '1MiB',
    };
    return {
      driver: 'azure_blobs',
      title: `azure_blobs at ${url.origin}`,
      origin: url.origin,
      settings,
      variables,
      isCeph: false,
      quota: undefined,
      disks: undefined,
    };
  });
}

/** The account of a Swift server, and another user of it, who may only do what a container's access control list says. */
interface WithStranger {
  readonly owner: Server;
  readonly stranger: Settings;
}

/** Swift servers with `STRANGER_KEY` and `STRANGER_SECRET`. */
export function strangersOfSwift(): readonly WithStranger[] {
  return swiftServers()
    .filter(({ variables }) => env[`${variables}_STRANGER_KEY`] !== undefined)
    .map((owner) => {
      const keys = {
        key: wanted(`${owner.variables}_STRANGER_KEY`),
        secret: wanted(`${owner.variables}_STRANGER_SECRET`),
      };
      return { owner, stranger: { ...owner.settings, ...keys } };
    });
}

/** The Redis that the environment names; tests that harm theirs start one of their own, from the same package. */
export function redisServers(): readonly { readonly title: string }[] {
  const url = env['LONGSHORE_REDIS_URL'];
  return url === undefined ? [] : [{ title: `redis at ${url}` }];
}

/** `QUOTA`: the beginning of a command of the shell, to be followed by the container and the bytes. */
function quotaOf(variables: string): Server['quota'] {
  const command = env[`${variables}_QUOTA`];
  if (command === undefined) return undefined;
  return (container, bytes) =>
    void execFileSync('sh', ['-c', `${command} "$@"`, 'sh', container, String(bytes)]);
}

function isCeph(variables: string): boolean {
  return variables.startsWith('LONGSHORE_RGW_');
}

function variablesOf(api: 'S3' | 'SWIFT' | 'AZURE', address: string): readonly string[] {
  const pattern = new RegExp(`^(LONGSHORE_(?:[A-Z0-9]+_)?${api})_${address}$`);
  return Object.keys(env).flatMap((name) => pattern.exec(name)?.[1] ?? []);
}

function wanted(name: string): string {
  const value = env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
