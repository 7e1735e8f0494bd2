import { openSwift } from '../drivers/swift/open.js';
import { othersLargeObjects } from '../e2e/others-large.js';
import { swiftServers, withServers } from './environment.js';

withServers(
  'large objects of another tool',
  'LONGSHORE_SWIFT_AUTH_URL',
  swiftServers(),
  ({ settings, title, isCeph }) => {
    othersLargeObjects({
      title,
      target: () => ({ driver: 'swift', ...settings }),
      open: () => openSwift(settings),
      // Ceph answers `multipart-manifest=get` with nothing, and lists no manifest as one.
      showsManifests: !isCeph,
    });
  },
);
