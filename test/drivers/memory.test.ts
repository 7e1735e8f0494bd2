import { systemClock } from '../../src/clock.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { createMemoryStore } from '../../src/drivers/memory/store.js';
import { conformance } from './conformance/suite.js';
import { wrapInEveryLayer } from './layers/every-layer.js';

for (const [name, wrap] of [
  ['memory', (backend: ReturnType<typeof memoryBackend>) => backend] as const,
  ['memory in every layer', wrapInEveryLayer] as const,
]) {
  const store = createMemoryStore(systemClock);
  conformance(name, {
    open: () => wrap(memoryBackend({ store })),
    again: () => wrap(memoryBackend({ store })),
  });
}
