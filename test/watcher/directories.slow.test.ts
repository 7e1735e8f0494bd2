import { watcherConformance } from './conformance.js';

watcherConformance('directories');
