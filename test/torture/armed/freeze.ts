import type { Passage } from '../../../src/drivers/passage.js';
import { note, orders } from './orders.js';

let writes = 0;

/** Stops this process as SIGSTOP does if it is ordered to before this write, whose fence has been asked. */
export function freezeBefore(names: readonly string[]): void {
  if (orders.freezeAtWrite === undefined) return;
  writes += 1;
  if (writes !== orders.freezeAtWrite) return;
  note({ note: 'frozen', pid: process.pid, names });
  process.kill(process.pid, 'SIGSTOP');
}

/** The same passage for requests that write some of these objects: its rules have the fence among them. */
export function freezingPassage({ enter, leave }: Passage, names: readonly string[]): Passage {
  function entered<T>(entry: T | 'full'): T | 'full' {
    if (entry !== 'full') freezeBefore(names);
    return entry;
  }
  return {
    enter(...request) {
      const entry = enter(...request);
      return entry instanceof Promise ? entry.then(entered) : entered(entry);
    },
    leave,
  };
}
