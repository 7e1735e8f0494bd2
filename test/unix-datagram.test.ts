import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatagramSocket } from '../src/unix-datagram.js';
import { readDatagrams } from './world/datagrams.js';
import { temporaryFolder } from './world/folder.js';

const sockets = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(join('/proc/self/fd', fd)).startsWith('socket:');
    } catch {
      return false; // the one by which the folder was read
    }
  }).length;

const isHere = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);

describe.skipIf(!isHere)('a Unix datagram socket', () => {
  test.each([
    ['a path', (folder: string) => join(folder, 'socket')],
    ['a name in the abstract namespace', () => `@longshore-test-${process.pid}`],
  ])('sends whole messages to %s', async (_, addressIn) => {
    const address = addressIn(temporaryFolder('datagram'));
    const reading = await readDatagrams(address);
    const socket = openDatagramSocket();
    const messages = ['READY=1\nSTATUS=fine', 'ü\0x', 'y'.repeat(60_000)];
    expect(messages.map((message) => socket?.send(Buffer.from(message), address))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await expect.poll(() => reading.received().length).toBe(3);
    expect(reading.received()).toEqual(messages);
    socket?.close();
    await reading.close();
  });

  test('says why a message cannot be sent, and goes on', () => {
    const folder = temporaryFolder('datagram');
    const socket = openDatagramSocket();
    const send = (address: string, bytes = 1) => socket?.send(Buffer.alloc(bytes, 'x'), address);
    expect(send(join(folder, 'missing'))).toBe('ENOENT');
    expect(send(folder)).toBe('ECONNREFUSED');
    expect(send('relative')).toBe('EINVAL');
    expect(send(`/${'x'.repeat(200)}`)).toBe('EINVAL');
    socket?.close();
    expect(send(join(folder, 'missing'))).toBe('EBADF');
  });

  test('a reader that is behind makes no sender wait: it is EAGAIN', async () => {
    const address = join(temporaryFolder('datagram'), 'socket');
    const reading = await readDatagrams(address);
    const socket = openDatagramSocket();
    let code: string | undefined;
    // The kernel's limits are bytes of the sender and messages of the reader, which is much slower than this loop.
    for (let i = 0; i < 1_000_000 && code === undefined; i++)
      code = socket?.send(Buffer.alloc(1000), address);
    expect(code).toBe('EAGAIN');
    socket?.close();
    await reading.close();
  });

  test('leaves no descriptor behind', () => {
    const before = sockets();
    for (let i = 0; i < 10; i++) {
      const socket = openDatagramSocket();
      socket?.close();
      socket?.close();
    }
    expect(sockets()).toBe(before);
  });
});
