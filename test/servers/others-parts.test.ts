import { openS3 } from '../drivers/s3/open.js';
import { othersParts } from '../e2e/others-parts.js';
import { s3Servers, withServers } from './environment.js';

withServers(
  'objects in parts of another tool',
  'LONGSHORE_S3_ENDPOINT',
  s3Servers(),
  ({ settings, title }) => {
    othersParts({
      title,
      target: () => ({ driver: 's3', ...settings }),
      open: () => openS3(settings),
    });
  },
);
