import { expect, it } from 'vitest';
import { type Change, createCommits, type Dirty } from '../../../src/drivers/local/change.js';
import { createTickets } from '../../../src/drivers/local/protocol.js';

/** A put that says what happens to it, in order, with all others. */
function createHarness(): {
  readonly events: string[];
  put(name: string): Change;
  remove(name: string): Change;
  /** The caller of the change gives up. */
  drop(id: number): void;
} {
  const events: string[] = [];
  const claims = new Int32Array(new SharedArrayBuffer(400));
  let last = 0;
  const ticketOf = createTickets((replies) => {
    for (const reply of replies)
      events.push(
        'answer' in reply
          ? `answered ${reply.answer}`
          : `failed ${reply.id}: ${reply.failure.kind}`,
      );
  });
  const dirty = (path: string): Dirty => ({ path, volume: '/' });
  const change = (name: string, content: Dirty | undefined): Change => {
    last += 1;
    return {
      ticket: ticketOf(last, claims, last),
      contents: content ? [content] : [],
      publish() {
        events.push(`published ${name}`);
        return { answer: name, dirty: [dirty(`folder of ${name}`)] };
      },
      discard: () => void events.push(`discarded ${name}`),
    };
  };
  return {
    events,
    put: (name) => change(name, dirty(`content of ${name}`)),
    remove: (name) => change(name, undefined),
    drop: (id) => void Atomics.store(claims, id, 2),
  };
}

/** Syncs that end when the test ends them. */
function createSyncs(events: string[]): {
  sync(dirty: readonly Dirty[]): Promise<ReadonlyMap<string, Error>>;
  end(failed?: string): Promise<void>;
} {
  let ends: ((failures: ReadonlyMap<string, Error>) => void) | undefined;
  return {
    sync(dirty) {
      events.push(`syncing ${dirty.map(({ path }) => path).join(', ')}`);
      return new Promise((resolve) => {
        ends = resolve;
      });
    },
    async end(failed) {
      ends?.(
        new Map(
          failed === undefined
            ? []
            : [[failed, Object.assign(new Error('failed'), { code: 'EIO' })]],
        ),
      );
      await new Promise(setImmediate);
    },
  };
}

const exclusive = <T>(run: () => T): T => run();

it('P5: a put is published after its content is durable, and answered after its folder is', async () => {
  const { events, put } = createHarness();
  const { sync, end } = createSyncs(events);
  const commits = createCommits(exclusive, sync);
  commits.add(put('a'));
  commits.flush();
  expect(events).toEqual(['syncing content of a']);
  await end();
  expect(events.slice(1)).toEqual(['published a', 'syncing folder of a']);
  await end();
  expect(events.slice(3)).toEqual(['answered a']);
  await commits.idle();
});

it('local changes: one sync makes the names of one batch durable, and the contents of the next', async () => {
  const { events, put } = createHarness();
  const { sync, end } = createSyncs(events);
  const commits = createCommits(exclusive, sync);
  commits.add(put('a'));
  commits.flush();
  for (const name of ['b', 'c']) commits.add(put(name));
  commits.flush();
  await end();
  await end();
  await end();
  expect(events).toEqual([
    'syncing content of a',
    'published a',
    'syncing content of b, content of c, folder of a',
    'published b',
    'published c',
    'syncing folder of b, folder of c',
    'answered a',
    'answered b',
    'answered c',
  ]);
});

it('P5: a content that could not be made durable is never published', async () => {
  const { events, put } = createHarness();
  const { sync, end } = createSyncs(events);
  const commits = createCommits(exclusive, sync);
  for (const name of ['a', 'b']) commits.add(put(name));
  commits.flush();
  await end('content of a');
  await end('folder of b');
  expect(events.slice(1)).toEqual([
    'discarded a',
    'published b',
    'syncing folder of b',
    'failed 1: system',
    'failed 2: system',
  ]);
});

it('G6: a change whose caller was aborted is discarded, even while its content is being synced', async () => {
  const { events, put, drop } = createHarness();
  const { sync, end } = createSyncs(events);
  const commits = createCommits(exclusive, sync);
  commits.add(put('a'));
  commits.flush();
  drop(1);
  await end();
  await commits.idle();
  expect(events).toEqual(['syncing content of a', 'discarded a']);
});

it('local changes: a delete does not wait for the contents of other objects', async () => {
  const { events, put, remove } = createHarness();
  const { sync } = createSyncs(events);
  const commits = createCommits(exclusive, sync);
  commits.add(put('a'));
  commits.flush();
  commits.add(remove('b'));
  commits.flush();
  expect(events).toEqual(['syncing content of a', 'published b']);
});

it('local changes: are made and answered at once with fsync off', async () => {
  const { events, put } = createHarness();
  const commits = createCommits(exclusive, undefined);
  commits.add(put('a'));
  commits.flush();
  await new Promise(setImmediate);
  expect(events).toEqual(['published a', 'answered a']);
});

it('local changes: all of a batch fails, and leaves no file, when the lock cannot be taken', async () => {
  const { events, put } = createHarness();
  const commits = createCommits(() => {
    throw Object.assign(new Error('no lock'), { code: 'EACCES' });
  }, undefined);
  for (const name of ['a', 'b']) commits.add(put(name));
  commits.flush();
  await new Promise(setImmediate);
  expect(events).toEqual(['discarded a', 'discarded b', 'failed 1: system', 'failed 2: system']);
});
