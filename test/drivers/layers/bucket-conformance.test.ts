import { openBucket } from '../../../src/drivers/layers/bucket.js';
import { fakeClock } from '../../fakes/clock.js';
import { moving } from '../../lease/rig.js';
import { bucketSuite } from './bucket-suite.js';

bucketSuite('bucket of one process', () => {
  const clock = fakeClock();
  return {
    clock,
    open: (perSecond) => openBucket(clock, perSecond),
    until: (promise) => moving(clock, promise),
  };
});
