import type { Message } from '../../src/alerts/message.js';
import { testMessage } from '../../src/alerts/message.js';

/** A message about a target that is down. */
export function message(different: Partial<Message> = {}): Message {
  return {
    ...testMessage({ id: 'id-1', host: 'nas', atMs: 1_800_000_000_000 }),
    kind: 'alarm',
    mirror: 'documents',
    condition: 'target-down',
    title: 'longshore: documents is target-down on nas',
    text: 'no answer\nIt has lasted for 15 min. See: longshore status documents',
    ...different,
  };
}
