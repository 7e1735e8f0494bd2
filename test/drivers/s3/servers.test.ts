import { describe, it } from 'vitest';
import { conformance } from '../conformance/suite.js';
import { openS3 } from './open.js';

/**
 * The suite over a real server: LONGSHORE_S3_ENDPOINT (`http://host:port`), LONGSHORE_S3_KEY, LONGSHORE_S3_SECRET,
 * LONGSHORE_S3_REGION and LONGSHORE_S3_PROFILE name it.
 */
const endpoint = process.env['LONGSHORE_S3_ENDPOINT'];

if (endpoint === undefined) {
  describe('s3 over a real server', () => it.skip('LONGSHORE_S3_ENDPOINT is not set', () => {}));
} else {
  const url = new URL(endpoint);
  const secure = url.protocol === 'https:';
  const settings = {
    host: url.hostname,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    secure,
    profile: process.env['LONGSHORE_S3_PROFILE'] ?? 'generic',
    region: process.env['LONGSHORE_S3_REGION'] ?? 'us-east-1',
    key: process.env['LONGSHORE_S3_KEY'],
    secret: process.env['LONGSHORE_S3_SECRET'],
  };
  conformance(`s3 (profile ${settings.profile}) over ${endpoint}`, {
    open: () => openS3(settings),
    again: () => openS3(settings),
    // Swift takes no NUL in a name (swift.common.constraints.check_utf8).
    refuses: (key) => settings.profile === 'swift-s3api' && key.includes('\0'),
  });
}
