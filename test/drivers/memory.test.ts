import { systemClock } from '../../src/clock.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { createMemoryStore } from '../../src/drivers/memory/store.js';
import { conformance } from './conformance/suite.js';

const store = createMemoryStore(systemClock);

conformance('memory', { open: () => memoryBackend({ store }), again: () => memoryBackend({ store }) });
