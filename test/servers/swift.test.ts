import { conformance } from '../drivers/conformance/suite.js';
import { openSwift } from '../drivers/swift/open.js';
import { swiftServer, withServer } from './environment.js';

withServer('swift over a real server', 'LONGSHORE_SWIFT_AUTH_URL', swiftServer(), ({ settings, origin }) => {
  conformance(`swift over ${origin}`, {
    open: () => openSwift(settings),
    again: () => openSwift(settings),
    // Swift takes no NUL in a name (swift.common.constraints.check_utf8).
    refuses: (key) => key.includes('\0'),
    badContainerNames: ['', 'with/slash', '.', '..', 'x'.repeat(257), 'nul\0'],
  });
});
