import { start } from '../../src/cli/start.js';
import { systemClock } from '../../src/clock.js';

// node waiting-child.js --config FILE scan: a program whose work waits for nothing but a timer of `Clock.after`.
void start({
  openDaemon: () => Promise.reject(new Error('no daemon is asked for')),
  runOnce: () =>
    new Promise((_, reject) => {
      systemClock.after(100, () => reject(new Error('the timer is over')));
    }),
});
