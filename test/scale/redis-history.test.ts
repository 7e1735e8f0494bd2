import { expect, test } from 'vitest';
import { followHistory } from '../../src/scale/redis-history.js';

/** A Redis that says of itself what `says` is, and what follows from that. */
function openFollowed() {
  const redis = { connection: 1, says: 'a' as string | undefined };
  let changes = 0;
  const history = followHistory(
    { prove: async () => redis.says, connections: () => redis.connection },
    () => {
      changes += 1;
    },
  );
  return { redis, history, changes: () => changes };
}

test('the first connection changes nothing', async () => {
  const { history, changes } = openFollowed();
  expect(history.isProven()).toBe(false);
  await history.prove();
  expect(history.isProven()).toBe(true);
  expect(changes()).toBe(0);
});

test('another connection to the same Redis has to be proved, and changes nothing', async () => {
  const { redis, history, changes } = openFollowed();
  await history.prove();
  redis.connection = 2;
  expect(history.isProven()).toBe(false);
  await history.prove();
  expect(history.isProven()).toBe(true);
  expect(changes()).toBe(0);
});

test('a Redis that was started again, and a replica that was promoted, may have been set back', async () => {
  const { redis, history, changes } = openFollowed();
  await history.prove();
  redis.connection = 2;
  redis.says = 'b';
  await history.prove();
  expect(changes()).toBe(1);
  redis.says = 'c';
  await history.prove();
  expect(changes()).toBe(2);
});

test('one that does not say which it is may have been set back at each connection', async () => {
  const { redis, history, changes } = openFollowed();
  redis.says = undefined;
  await history.prove();
  await history.prove();
  expect(changes()).toBe(0);
  redis.connection = 2;
  await history.prove();
  expect(changes()).toBe(1);
});

test('a connection that was lost while it was proved is not proven', async () => {
  let connection = 1;
  const history = followHistory(
    {
      async prove() {
        connection = 2;
        return 'a';
      },
      connections: () => connection,
    },
    () => {},
  );
  await history.prove();
  expect(history.isProven()).toBe(false);
});
