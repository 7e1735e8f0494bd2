import { openSwift } from '../drivers/swift/open.js';
import { swiftDialect } from '../faults/dialect.js';
import { swiftServers, withServers } from './environment.js';
import { everyFaultOver } from './every-fault.js';

withServers('failing Swift', 'LONGSHORE_SWIFT_AUTH_URL', swiftServers(), (server) => {
  everyFaultOver(server, swiftDialect, openSwift, ({ host, port }) => ({
    segment_size: '4MiB',
    auth_url: String(server.settings['auth_url']).replace(server.origin, `http://${host}:${port}`),
  }));
});
