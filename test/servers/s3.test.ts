import { conformance } from '../drivers/conformance/suite.js';
import { openS3 } from '../drivers/s3/open.js';
import { s3Servers, withServers } from './environment.js';

withServers(
  's3 over a real server',
  'LONGSHORE_S3_ENDPOINT',
  s3Servers(),
  ({ settings, title, isCeph }) => {
    conformance(title, {
      open: () => openS3(settings),
      again: () => openS3(settings),
      // Swift takes no NUL in a name (swift.common.constraints.check_utf8), nor does Ceph.
      refuses: (key) => (isCeph || settings['profile'] === 'swift-s3api') && key.includes('\0'),
    });
  },
);
