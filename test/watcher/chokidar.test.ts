import { watcherConformance } from './conformance.js';

watcherConformance('chokidar');
