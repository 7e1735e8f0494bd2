import type { LookupAddress } from 'node:dns';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, LookupFunction } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAddresses, inTurn } from '../../../src/drivers/http/addresses.js';
import { fakeClock } from '../../fakes/clock.js';
import { rejection } from '../conformance/fixture.js';
import { cleanups, client, get } from './http-fixture.js';

const v4 = (last: number): LookupAddress => ({ address: `127.0.0.${last}`, family: 4 });

/** A resolver with the same sorted answer to each question, as getaddrinfo has. */
const answering =
  (...found: LookupAddress[]): LookupFunction =>
  (_hostname, options, callback) =>
    process.nextTick(() =>
      options.all ? callback(null, found) : callback(null, found[0]?.address ?? '', 4),
    );

function orderOf(lookup: LookupFunction): Promise<string[]> {
  return new Promise((resolve, reject) =>
    lookup('front.example', { all: true }, (error, found) =>
      error || typeof found === 'string'
        ? reject(error)
        : resolve(found.map(({ address }) => address)),
    ),
  );
}

/** One front end on each address, all at one port; each answers with its own address. */
async function frontEnds(
  addresses: readonly string[],
  create: (answer: string) => Server = (answer) =>
    createServer((_, response) => response.end(answer)),
): Promise<number> {
  let port = 0;
  for (const address of addresses) {
    const server = create(address);
    server.listen(port, address);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    cleanups.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
  }
  return port;
}

test('HTTP client: connections to one name are spread over all its addresses', async () => {
  const port = await frontEnds(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  const http = client({ lookup: answering(v4(1), v4(2), v4(3)), timeoutMs: 30_000 });
  const request = get(`http://front.example:${port}`);
  const answers = await Promise.all(Array.from({ length: 6 }, () => http.request(request)));
  expect(answers.map(({ body }) => body.toString()).sort()).toEqual([
    '127.0.0.1',
    '127.0.0.1',
    '127.0.0.2',
    '127.0.0.2',
    '127.0.0.3',
    '127.0.0.3',
  ]);
});

test('HTTP client: with TLS the certificate is that of the name, at every address', async () => {
  const pem = (name: string) =>
    readFileSync(new URL(`../../../../test/fakes/tls/${name}.pem`, import.meta.url), 'utf8');
  const tls = { cert: pem('certificate'), key: pem('key') };
  const port = await frontEnds(['127.0.0.1', '127.0.0.2'], (answer) =>
    createTlsServer(tls, (_, response) => response.end(answer)),
  );
  const lookup = answering(v4(1), v4(2));
  const ca = pem('certificate');
  const http = client({ lookup, ca, timeoutMs: 30_000 });
  const request = get(`https://localhost:${port}`);
  const answers = await Promise.all([http.request(request), http.request(request)]);
  expect(answers.map(({ body }) => body.toString()).sort()).toEqual(['127.0.0.1', '127.0.0.2']);
  const another = client({ lookup, ca, timeoutMs: 30_000 });
  expect(await rejection(another.request(get(`https://another.example:${port}`)))).toMatchObject({
    kind: 'unreachable',
  });
});

test('HTTP client: requests that meet a dead address go to the others', async () => {
  const port = await frontEnds(['127.0.0.1', '127.0.0.3']);
  const http = client({ lookup: answering(v4(1), v4(2), v4(3)), timeoutMs: 30_000 });
  const request = get(`http://front.example:${port}`);
  const answers = await Promise.all(Array.from({ length: 9 }, () => http.request(request)));
  const served = new Set(answers.map(({ status, body }) => `${status} ${body}`));
  expect(served).toEqual(new Set(['200 127.0.0.1', '200 127.0.0.3']));
});

test('addresses: the first one changes with each connection, in the resolver’s first family', async () => {
  const v6 = { address: '::1', family: 6 };
  const { lookup } = createAddresses(answering(v4(1), v6, v4(2)), fakeClock());
  expect(await orderOf(lookup)).toEqual(['127.0.0.1', '127.0.0.2', '::1']);
  expect(await orderOf(lookup)).toEqual(['127.0.0.2', '127.0.0.1', '::1']);
  expect((await orderOf(lookup))[0]).toBe('127.0.0.1');
});

test('addresses: one that fails comes after the others for a minute, and none is ever missing', async () => {
  const clock = fakeClock();
  const { lookup, watch } = createAddresses(answering(v4(1), v4(2)), clock);
  const socket = new EventEmitter();
  watch(socket as never, 'connect');
  socket.emit('connectionAttempt', '127.0.0.1', 80, 4);
  socket.emit('connectionAttemptFailed', '127.0.0.1', 80, 4, new Error('refused'));
  for (let i = 0; i < 3; i++) expect(await orderOf(lookup)).toEqual(['127.0.0.2', '127.0.0.1']);
  await clock.advance(60_000);
  expect(await orderOf(lookup)).toEqual(['127.0.0.1', '127.0.0.2']);
});

test('addresses: a connection that breaks before it can be used makes its address rest, one that served does not', async () => {
  const { lookup, watch } = createAddresses(answering(v4(1), v4(2)), fakeClock());
  const [served, broken] = [new EventEmitter(), new EventEmitter()];
  for (const [socket, ip] of [
    [served, '127.0.0.1'],
    [broken, '127.0.0.2'],
  ] as const) {
    watch(socket as never, 'secureConnect');
    socket.on('error', () => {});
    socket.emit('connectionAttempt', ip, 443, 4);
  }
  served.emit('secureConnect');
  for (const socket of [served, broken]) socket.emit('error', new Error('reset'));
  for (let i = 0; i < 3; i++) expect(await orderOf(lookup)).toEqual(['127.0.0.1', '127.0.0.2']);
});

test('addresses: a failing resolver’s error, and an answer without addresses, are given on', async () => {
  const error = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  const failing = createAddresses((_hostname, _options, callback) => callback(error, []));
  expect(await rejection(orderOf(failing.lookup))).toBe(error);
  expect(await orderOf(createAddresses(answering()).lookup)).toEqual([]);
});

test('addresses: any order is a permutation of the answer, with a resting address first only if all rest', () => {
  const address = fc.record({
    address: fc.ipV4(),
    family: fc.constantFrom(4, 6),
  });
  const state = fc.record({ turn: fc.nat(9), restsUntilMs: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(address), fc.array(state), fc.nat(9), (found, states, now) => {
      const known = new Map(
        found.flatMap((each, i) =>
          states[i] === undefined ? [] : [[each.address, states[i]] as const],
        ),
      );
      const ordered = inTurn(found, known, now);
      expect(new Set(ordered)).toEqual(new Set(found));
      expect(ordered).toHaveLength(found.length);
      const rests = ordered.map((each) => (known.get(each.address)?.restsUntilMs ?? 0) > now);
      expect(rests).toEqual([...rests].sort((a, b) => Number(a) - Number(b)));
    }),
  );
});
