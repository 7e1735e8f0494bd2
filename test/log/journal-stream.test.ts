import { expect, test } from 'vitest';
import { createJournalStream } from '../../src/log/journal-stream.js';
import type { DatagramSocket } from '../../src/unix-datagram.js';
import { fakeClock } from '../fakes/clock.js';

/** A socket whose reader answers as `answer` says; undefined: it takes the datagram. */
function open(answer: () => string | undefined) {
  const taken: string[] = [];
  const clock = fakeClock();
  let closed = false;
  const socket: DatagramSocket = {
    send(message) {
      const code = answer();
      if (code === undefined) taken.push(String(message));
      return code;
    },
    close: () => {
      closed = true;
    },
  };
  const stream = createJournalStream({
    socket,
    clock,
    lost: (count, why) => Buffer.from(`lost ${count}: ${why}`),
  });
  return { stream, taken, clock, isClosed: () => closed };
}

const entry = (text: string) => Buffer.from(text);

test('journal stream: an entry is with the kernel when the call returns', () => {
  const { stream, taken } = open(() => undefined);
  stream.write(entry('a'));
  stream.write(entry('b'));
  expect(taken).toEqual(['a', 'b']);
});

test.each(['EAGAIN', 'ECONNREFUSED', 'ENOENT'])(
  'journal stream: entries wait in order while the journal answers %s',
  async (code) => {
    let answer: string | undefined = code;
    const { stream, taken, clock } = open(() => answer);
    for (const text of ['a', 'b', 'c']) stream.write(entry(text));
    await clock.advance(5_000);
    expect(taken).toEqual([]);
    answer = undefined;
    await clock.advance(1_000);
    expect(taken).toEqual(['a', 'b', 'c']);
  },
);

test('journal stream: what a stuck journal never takes is counted, and the count precedes the next entry', async () => {
  let answer: string | undefined = 'EAGAIN';
  const { stream, taken, clock } = open(() => answer);
  for (const text of ['a', 'b', 'c']) stream.write(entry(text));
  await clock.advance(20_000);
  expect(stream.writableLength).toBe(0);
  answer = undefined;
  stream.write(entry('d'));
  await clock.advance(0);
  expect(taken).toEqual(['lost 3: the journal takes no entry (EAGAIN)', 'd']);
});

test('journal stream: an error that does not pass costs no waiting', async () => {
  const answers: (string | undefined)[] = ['EMSGSIZE', undefined, undefined];
  const { stream, taken, clock } = open(() => answers.shift());
  stream.write(entry('too large'));
  stream.write(entry('b'));
  await clock.advance(0);
  expect(taken).toEqual(['lost 1: the journal takes no entry (EMSGSIZE)', 'b']);
});

test('journal stream: its end closes the socket', async () => {
  const { stream, isClosed } = open(() => undefined);
  await new Promise((resolve) => stream.end(entry('a')).on('close', resolve));
  expect(isClosed()).toBe(true);
});
