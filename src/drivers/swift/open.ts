import type { Backend } from '../backend.js';
import type { DriverWorld } from '../driver-kind.js';
import { openConnections } from '../http/connection.js';
import { authentication } from './auth/authenticate.js';
import { swiftBackend } from './backend.js';
import { chooseAccess } from './choose.js';
import { SWIFT } from './errors.js';
import type { SwiftSettings } from './settings.js';

/** @throws StorageError when the settings cannot work together */
export function openSwift(
  settings: SwiftSettings,
  { clock, notice = () => {} }: DriverWorld,
): Backend {
  const access = chooseAccess(settings);
  const http = openConnections(settings, SWIFT, 'OS_CACERT');
  return swiftBackend({
    settings,
    http,
    clock,
    notice,
    authenticate: authentication({ http, clock }, access, settings.storage_url),
  });
}
