import { describe } from 'vitest';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { mirrorHeaders } from '../e2e/mirror-headers.js';
import { s3Servers, swiftServers, withServers } from './environment.js';

withServers(
  'headers over a real S3',
  'LONGSHORE_S3_ENDPOINT',
  s3Servers(),
  ({ driver, settings, title }) => {
    describe(title, () => {
      mirrorHeaders(
        () => ({ driver, ...settings }),
        () => openS3(settings),
      );
    });
  },
);

withServers(
  'headers over a real Swift',
  'LONGSHORE_SWIFT_AUTH_URL',
  swiftServers(),
  ({ driver, settings, title }) => {
    describe(title, () => {
      mirrorHeaders(
        () => ({ driver, ...settings }),
        () => openSwift(settings),
      );
    });
  },
);
