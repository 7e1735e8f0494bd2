import { wrapInEveryLayer } from '../layers/every-layer.js';
import { localConformance } from './local-conformance.js';

localConformance('local without fsync', false);
localConformance('local in every layer', true, wrapInEveryLayer);
