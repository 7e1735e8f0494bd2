import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readBody } from './broken-off.js';

/** Sends a whole request and goes, with an answer or without, while this process does nothing else. */
const CLIENT = `
const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
socket.end('PUT /object HTTP/1.1\\r\\nhost: fake\\r\\ncontent-length: 7\\r\\n\\r\\ncontent');
socket.on('finish', () => socket.destroy());
`;

test('a request whose client has gone before anybody looked is not carried out; that of one who waits is', async () => {
  const outcomes: string[] = [];
  const server = createServer((message, response) => {
    void readBody(message, undefined)
      .then(
        (body) => outcomes.push(String(body)),
        (error: Error) => outcomes.push(error.message),
      )
      .finally(() => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  spawnSync(process.execPath, ['-e', CLIENT, String(port)]);
  await expect.poll(() => outcomes).toEqual(['the client went away']);
  await fetch(`http://127.0.0.1:${port}/object`, { method: 'PUT', body: 'content' });
  expect(outcomes).toEqual(['the client went away', 'content']);
});
