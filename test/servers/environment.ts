import { describe, it } from 'vitest';

/** Settings of a driver, as a configuration file has them. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** A real server that the environment names. */
export interface Server {
  readonly driver: 's3' | 'swift';
  /** `http://host:port`; for Swift that of its identity service. */
  readonly origin: string;
  readonly settings: Settings;
}

const { env } = process;

/**
 * LONGSHORE_S3_ENDPOINT (`http://host:port`), LONGSHORE_S3_KEY and LONGSHORE_S3_SECRET; LONGSHORE_S3_PROFILE (`generic`)
 * and LONGSHORE_S3_REGION (`us-east-1`) where they are others. Undefined: there is no such server.
 */
export function s3Server(): Server | undefined {
  const endpoint = env['LONGSHORE_S3_ENDPOINT'];
  if (endpoint === undefined) return undefined;
  const url = new URL(endpoint);
  const secure = url.protocol === 'https:';
  const settings = {
    host: url.hostname,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    secure,
    profile: env['LONGSHORE_S3_PROFILE'] ?? 'generic',
    region: env['LONGSHORE_S3_REGION'] ?? 'us-east-1',
    key: wanted('LONGSHORE_S3_KEY'),
    secret: wanted('LONGSHORE_S3_SECRET'),
  };
  return { driver: 's3', origin: url.origin, settings };
}

/** LONGSHORE_SWIFT_AUTH_URL, LONGSHORE_SWIFT_KEY and LONGSHORE_SWIFT_SECRET. Undefined: there is no such server. */
export function swiftServer(): Server | undefined {
  const auth = env['LONGSHORE_SWIFT_AUTH_URL'];
  if (auth === undefined) return undefined;
  const settings = { auth_url: auth, key: wanted('LONGSHORE_SWIFT_KEY'), secret: wanted('LONGSHORE_SWIFT_SECRET'), segment_size: '1MiB' };
  return { driver: 'swift', origin: new URL(auth).origin, settings };
}

/** Another user of Swift's account, who may only do what a container's access control list says: LONGSHORE_SWIFT_STRANGER_KEY and _SECRET. */
export function strangerOfSwift(): Server | undefined {
  const server = swiftServer();
  if (server === undefined || env['LONGSHORE_SWIFT_STRANGER_KEY'] === undefined) return undefined;
  const keys = { key: wanted('LONGSHORE_SWIFT_STRANGER_KEY'), secret: wanted('LONGSHORE_SWIFT_STRANGER_SECRET') };
  return { ...server, settings: { ...server.settings, ...keys } };
}

function wanted(name: string): string {
  const value = env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

/** Tests over a server that the environment may not have: one skipped test then says which variable it misses. */
export function withServer(title: string, variable: string, server: Server | undefined, tests: (server: Server) => void): void {
  describe(title, () => {
    if (server === undefined) it.skip(`${variable} is not set`, () => {});
    else tests(server);
  });
}
