import { createHintStream as realHintStream } from '../../../src/watcher/hint-stream.js';
import { seeded } from '../../world/tree.js';
import { orders } from './orders.js';

// Takes the place of src/watcher/hint-stream.ts in the torture build: some of the events that watches give are lost.

const random = seeded(orders.seed);

export const createHintStream: typeof realHintStream = (times, clock) => {
  const stream = realHintStream(times, clock);
  return {
    ...stream,
    changed(path, inode) {
      if (random() >= orders.lostEvents) stream.changed(path, inode);
    },
  };
};
