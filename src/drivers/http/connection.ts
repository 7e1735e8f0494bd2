import { readFileSync } from 'node:fs';
import { duration } from '../../config/amounts.js';
import {
  type ConfigContext,
  count,
  flag,
  folder,
  type Infer,
  section,
  text,
} from '../../config/fields.js';
import { StorageError } from '../errors.js';
import type { HttpClient } from './exchange.js';
import { createHttpClient } from './http-client.js';

/** The settings of a connection to any provider that speaks HTTP. */
export const connectionFields = (context: ConfigContext) => ({
  secure: flag('Use TLS.').default(true),
  ca_file: folder(
    'PEM file of the authorities to trust instead of the built-in ones.',
    context,
  ).optional(),
  verify_tls: flag('Whether the server’s certificate is checked. False is for tests only.').default(
    true,
  ),
  connect_timeout: duration('Longest wait for a connection.', { min: 1 }).default(10_000),
  timeout: duration('Longest time without an answer from the server.', { min: 1 }).default(60_000),
  connections: count('Connections to one host.', { min: 1, max: 1024 }).default(64),
});

const connectionSection = (context: ConfigContext) =>
  section('A connection.', connectionFields(context));

type ConnectionSettings = Infer<typeof connectionSection> & {
  /** Where proxies are looked up. */
  environment(): Readonly<Record<string, string | undefined>>;
};

export const hostName = (description: string) =>
  text(description, {
    pattern: /^[A-Za-z0-9.-]+$|^\[[0-9a-fA-F:]+\]$/,
    rule: 'a host name, without scheme or port (an IPv6 address in brackets: "[::1]")',
  });

/**
 * A client with these settings. Throws StorageError when `ca_file` cannot be read. `caVariable`: the variable of the
 * environment that the provider's own tools read instead of it.
 */
export function openConnections(
  settings: ConnectionSettings,
  driver: string,
  caVariable?: string,
): HttpClient {
  const ca = readAuthorities(settings, driver, caVariable);
  return createHttpClient({
    connections: settings.connections,
    connectTimeoutMs: settings.connect_timeout,
    timeoutMs: settings.timeout,
    verifyTls: settings.verify_tls,
    env: settings.environment(),
    ...(ca !== undefined && { ca }),
  });
}

function readAuthorities(
  settings: ConnectionSettings,
  driver: string,
  caVariable: string | undefined,
): string | undefined {
  const fromEnvironment =
    settings.ca_file === undefined && caVariable !== undefined
      ? settings.environment()[caVariable]
      : undefined;
  const file = settings.ca_file ?? fromEnvironment;
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError(
      `${settings.ca_file === undefined ? caVariable : 'ca_file'} ${file} cannot be read: ${reason}`,
      {
        driver,
        cause: error,
      },
    );
  }
}
