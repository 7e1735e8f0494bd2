import { localConformance } from './local-conformance.js';

localConformance('local', true);
