import { readFileSync } from 'node:fs';
import { StorageError } from '../errors.js';
import type { ConnectionSettings } from './connection-settings.js';
import type { HttpClient } from './exchange.js';
import { createHttpClient } from './http-client.js';

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
