import { expect, test } from 'vitest';
import { addressList, isIn, isLoopback } from '../src/ip-address.js';

test.each(['127.0.0.1', '127.255.1.2', '::1', '::ffff:127.0.0.1', '::1%lo'])(
  'IP address: %s is loopback',
  (address) => expect(isLoopback(address)).toBe(true),
);

test.each(['0.0.0.0', '::', '128.0.0.1', '10.0.0.1', '::ffff:10.0.0.1', 'localhost', '', '127.1'])(
  'IP address: "%s" is not loopback',
  (address) => expect(isLoopback(address)).toBe(false),
);

test('IP address: a list has addresses and networks of both kinds', () => {
  const list = addressList(['192.0.2.7', '10.1.0.0/16', '2001:db8::/32']);
  if (list === undefined) throw new Error('no list');
  for (const address of ['192.0.2.7', '10.1.2.3', '::ffff:10.1.2.3', '2001:db8::5'])
    expect(isIn(list, address)).toBe(true);
  for (const address of ['192.0.2.8', '10.2.0.0', '2001:db9::', 'x'])
    expect(isIn(list, address)).toBe(false);
});

test.each([
  'x',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0.0/-1',
  '',
  '::/129',
  '10.0.0/8',
])('IP address: "%s" is no address or network', (written) =>
  expect(addressList([written])).toBeUndefined(),
);
