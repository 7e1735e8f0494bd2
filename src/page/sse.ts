import type { StreamEvent } from './patch.js';

/** Reads the text of an event stream (WHATWG HTML, section 9.2) as it comes in pieces, cut anywhere. */
export interface SseParser {
  /** The events that are complete after this piece. */
  push(piece: string): readonly StreamEvent[];
  /** Of the last event with an id; empty: there was none. */
  readonly lastId: string;
}

/** A stream that sends more than this without the end of an event is no stream of ours. */
const LONGEST = 4 * 1024 * 1024;

/** @throws SyntaxError from `push`, where data is no JSON; RangeError where an event does not end */
export function createSseParser(): SseParser {
  let rest = '';
  let lastId = '';
  return {
    push(piece) {
      rest += piece.replaceAll('\r\n', '\n');
      if (rest.length > LONGEST) throw new RangeError('an event of the stream does not end');
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      const events: StreamEvent[] = [];
      for (const block of blocks) {
        const fields = fieldsOf(block);
        lastId = fields.get('id') ?? lastId;
        const data = fields.get('data');
        if (data !== undefined)
          events.push({
            id: lastId,
            event: fields.get('event') ?? 'message',
            data: JSON.parse(data) as unknown,
          });
      }
      return events;
    },
    get lastId() {
      return lastId;
    },
  };
}

function fieldsOf(block: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name === '') continue; // a comment
    const before = name === 'data' ? fields.get(name) : undefined;
    fields.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return fields;
}
