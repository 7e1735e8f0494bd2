import { indexSuite } from './index-suite.js';
import { sharedIndexSuite } from './shared-index-suite.js';

indexSuite('lmdb');
sharedIndexSuite('lmdb');
