import { expect, test } from 'vitest';
import { oneAtATime } from '../../src/reload/one-at-a-time.js';

function rig() {
  const begun: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const orders = oneAtATime(
    (order: string) => {
      begun.push(order);
      return new Promise<number>((resolve, reject) => {
        ends.push((error) => (error ? reject(error) : resolve(begun.length)));
      });
    },
    (order) => order,
  );
  return { orders, begun, end: (error?: Error) => ends.shift()?.(error) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('an order begins when the one before has ended, also when that failed', async () => {
  const { orders, begun, end } = rig();
  const first = orders.run('a');
  const second = orders.run('b');
  await turn();
  expect(begun).toEqual(['a']);
  end(new Error('refused'));
  await expect(first).rejects.toThrow('refused');
  await turn();
  expect(begun).toEqual(['a', 'b']);
  end();
  expect(await second).toBe(2);
});

test('an order that waits serves equal ones; one that runs does not', async () => {
  const { orders, begun, end } = rig();
  const running = orders.run('a');
  await turn();
  const [waiting, same, other] = [orders.run('a'), orders.run('a'), orders.run('b')];
  expect(same).toBe(waiting);
  expect(other).not.toBe(waiting);
  end();
  await running;
  await turn();
  end();
  await turn();
  end();
  expect(await Promise.all([waiting, same, other])).toEqual([2, 2, 3]);
  expect(begun).toEqual(['a', 'a', 'b']);
  await orders.idle();
});
