import { conformance } from '../drivers/conformance/suite.js';
import { openSwift } from '../drivers/swift/open.js';
import { swiftServers, withServers } from './environment.js';

withServers(
  'swift over a real server',
  'LONGSHORE_SWIFT_AUTH_URL',
  swiftServers(),
  ({ settings, title }) => {
    conformance(title, {
      open: () => openSwift(settings),
      again: () => openSwift(settings),
      // Swift takes no NUL in a name (swift.common.constraints.check_utf8).
      refuses: (key) => key.includes('\0'),
      badContainerNames: ['', 'with/slash', '.', '..', 'x'.repeat(257), 'nul\0'],
    });
  },
);
