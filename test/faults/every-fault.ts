import { killsInParts } from './kills-in-parts.js';
import { lastingFaults } from './lasting.js';
import { passingFaults } from './passing.js';
import { describeFaults, type Storage } from './storage.js';

/** All that may go wrong between a mirror and one service. */
export function everyFault(title: string, openStorage: () => Promise<Storage>): void {
  describeFaults(title, openStorage, (at) => {
    passingFaults(at);
    lastingFaults(at);
    killsInParts(at);
  });
}
