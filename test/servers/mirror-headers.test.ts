import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { mirrorHeaders } from '../e2e/mirror-headers.js';
import { s3Server, swiftServer, withServer } from './environment.js';

withServer('headers over a real S3', 'LONGSHORE_S3_ENDPOINT', s3Server(), ({ driver, settings }) => {
  mirrorHeaders(
    () => ({ driver, ...settings }),
    () => openS3(settings),
  );
});

withServer('headers over a real Swift', 'LONGSHORE_SWIFT_AUTH_URL', swiftServer(), ({ driver, settings }) => {
  mirrorHeaders(
    () => ({ driver, ...settings }),
    () => openSwift(settings),
  );
});
