import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { LimitRedis } from '../../src/scale/limit-script.js';
import { eventually } from '../world/eventually.js';

/** Debian's redis-server on a port of its own, which keeps nothing; stopped at the end of the test. */
export async function startRedis() {
  const port = await freePort();
  let server: ChildProcess | undefined;
  const stop = async () => {
    if (server === undefined) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
    server = undefined;
  };
  const start = async () => {
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', '/tmp'];
    server = spawn('redis-server', args, { stdio: 'ignore' });
    await eventually(async () => void (await open(port)).destroy());
  };
  onTestFinished(stop);
  await start();
  return {
    port,
    stop,
    start,
    /** Without a signal to its process: it takes connections, and answers nothing. */
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    /** A client as a process has one: each question on a connection of its own, so that a lost one is nothing to mend. */
    client: (): LimitRedis => ({
      eval: (script, keys, args) => evaluate(port, script, keys, args),
    }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** The wire format: https://redis.io/docs/latest/develop/reference/protocol-spec/. Answers are numbers and lists of numbers. */
async function evaluate(
  port: number,
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const words = ['EVAL', script, keys.length, ...keys, ...args].map(String);
  const socket = await open(port);
  try {
    socket.write(
      `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
    );
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.startsWith('-')) throw new Error(text.trim());
      const numbers = [...text.matchAll(/:(-?\d+)\r\n/g)].map(([, digits]) => Number(digits));
      if (text.startsWith(':') && numbers.length === 1) return numbers[0];
      if (numbers.length === Number(/^\*(\d+)\r\n/.exec(text)?.[1] ?? -1)) return numbers;
    }
    throw new Error('Redis closed the connection');
  } finally {
    socket.destroy();
  }
}
