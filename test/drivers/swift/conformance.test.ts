import { SECRET } from '../../fakes/swift/identity.js';
import { startFakeSwift } from '../../fakes/swift/server.js';
import { conformance } from '../conformance/suite.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';
import { openFake } from './open.js';

const limits = {
  // Swift takes no NUL in a name (swift.common.constraints.check_utf8).
  refuses: (key: string) => key.includes('\0'),
  badContainerNames: ['', 'with/slash', '.', '..', 'x'.repeat(257), 'nul\0', '\ud800'],
};

const fake = await startFakeSwift({ pageLimit: 3 });
conformance('swift over the fake', {
  open: () => openFake(fake),
  again: () => openFake(fake),
  stop: () => fake.close(),
  ...limits,
});

const keystone = await startFakeSwift({ hasBulkDelete: false, hasCdn: true });
const settings = {
  auth_url: `${keystone.origin}/v3`,
  key: 'tester',
  secret: SECRET,
  project: 'p',
  region: 'RegionOne',
  segments_container: 'segments-of-all',
};
conformance(
  'swift by Keystone, without bulk delete, one container for segments, in every layer, over the fake',
  {
    open: () => wrapInEveryLayer(openFake(keystone, settings)),
    again: () => wrapInEveryLayer(openFake(keystone, settings)),
    stop: () => keystone.close(),
    ...limits,
  },
);
