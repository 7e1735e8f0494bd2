import { dispatcherSuite } from './dispatcher-suite.js';
import { memoryDispatcher } from './memory-dispatcher.js';

dispatcherSuite('in memory', async () => {
  const times = new Map<string, number>();
  const dispatcher = memoryDispatcher(async ({ payload }, _, stopped) => {
    times.set(payload, (times.get(payload) ?? 0) + 1);
    await stopped();
    return payload.toUpperCase();
  });
  return {
    dispatcher,
    begun: (payload) => times.get(payload) ?? 0,
    fail: dispatcher.fail,
    poll: async () => dispatcher.poll(),
    thaw: dispatcher.thaw,
    withoutWorkers: async () => dispatcher.takeAtMost(0),
  };
});
