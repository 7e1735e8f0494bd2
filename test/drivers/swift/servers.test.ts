import { describe, it } from 'vitest';
import { conformance } from '../conformance/suite.js';
import { openSwift } from './open.js';

/** The suite over a real server: LONGSHORE_SWIFT_AUTH_URL, LONGSHORE_SWIFT_KEY and LONGSHORE_SWIFT_SECRET name it. */
const auth = process.env['LONGSHORE_SWIFT_AUTH_URL'];

if (auth === undefined) {
  describe('swift over a real server', () => it.skip('LONGSHORE_SWIFT_AUTH_URL is not set', () => {}));
} else {
  const settings = {
    auth_url: auth,
    key: process.env['LONGSHORE_SWIFT_KEY'],
    secret: process.env['LONGSHORE_SWIFT_SECRET'],
    segment_size: '1MiB',
  };
  conformance(`swift over ${auth}`, {
    open: () => openSwift(settings),
    again: () => openSwift(settings),
    // Swift takes no NUL in a name (swift.common.constraints.check_utf8).
    refuses: (key) => key.includes('\0'),
    badContainerNames: ['', 'with/slash', '.', '..', 'x'.repeat(257), 'nul\0'],
  });
}
