import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { systemClock } from '../src/clock.js';
import { Secret } from '../src/config/secret.js';
import { isJournal } from '../src/log/journal.js';
import { createLogger, type LogOptions, silentLogger } from '../src/log.js';
import { openDatagramSocket } from '../src/unix-datagram.js';
import { readDatagrams } from './world/datagrams.js';
import { temporaryFolder } from './world/folder.js';

function logTo(stream: Writable, options: Partial<LogOptions> = {}) {
  return createLogger({
    level: 'info',
    format: 'text',
    stream,
    clock: { ...systemClock, now: () => 0 },
    ...options,
  });
}

async function linesOf(
  options: Partial<LogOptions>,
  write: (log: ReturnType<typeof logTo>) => void,
): Promise<string[]> {
  const stream = new PassThrough();
  const log = logTo(stream, options);
  const all = text(stream);
  write(log);
  await log.close();
  stream.end();
  return (await all).split('\n').slice(0, -1);
}

/** A stream that takes nothing until `open` is called. */
function stuckStream() {
  const lines: string[] = [];
  let go = () => {};
  const opened = new Promise<void>((resolve) => {
    go = resolve;
  });
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      lines.push(chunk);
      void opened.then(() => done());
    },
  });
  return { stream, lines, open: () => go() };
}

test('one line an event, in order, of the level asked for and above', async () => {
  expect(
    await linesOf({}, (log) => {
      log.debug('unseen');
      log.info('started', { mirror: 'documents' });
      log.warn('slow');
      log.error('failed', { error: new Error('disk\nfull') });
    }),
  ).toEqual([
    '1970-01-01T00:00:00.000Z info started mirror=documents',
    '1970-01-01T00:00:00.000Z warn slow',
    '1970-01-01T00:00:00.000Z error failed error="Error: disk\\nfull"',
  ]);
});

test('debug lines are written, and announced as wanted, at level debug alone', async () => {
  expect(
    await linesOf({ level: 'debug' }, (log) => log.debug('seen', { enabled: log.debugEnabled })),
  ).toEqual(['1970-01-01T00:00:00.000Z debug seen enabled=true']);
  expect(logTo(new PassThrough()).debugEnabled).toBe(false);
  expect(silentLogger.debugEnabled).toBe(false);
});

test('for the journal lines carry a priority and no time', async () => {
  const write = (log: ReturnType<typeof logTo>) => {
    log.error('a');
    log.warn('b');
    log.info('c');
    log.debug('d');
  };
  expect(await linesOf({ journald: true, level: 'debug' }, write)).toEqual([
    '<3>error a',
    '<4>warn b',
    '<6>info c',
    '<7>debug d',
  ]);
  expect(await linesOf({ journald: true, format: 'json' }, (log) => log.warn('b'))).toEqual([
    '<4>{"level":"warn","event":"b"}',
  ]);
});

test('log: where the journal takes entries, each line is one, and nothing goes to the stream', async () => {
  const address = join(temporaryFolder('log'), 'journal');
  const journal = await readDatagrams(address);
  const socket = openDatagramSocket();
  if (socket === undefined) throw new Error('no datagram sockets here');
  const here = { ...socket, send: (message: Uint8Array) => socket.send(message, address) };
  const fields = { mirror: 'documents', name: 'a.txt' };
  const written = await linesOf({ journald: true, journal: here }, (log) =>
    log.warn('object failed', fields),
  );
  expect(written).toEqual([]);
  await expect.poll(() => journal.received().length).toBe(1);
  expect(journal.received()[0]?.split('\n').slice(0, -1).sort()).toEqual([
    'EVENT=object failed',
    'MESSAGE=warn object failed mirror=documents name=a.txt',
    'MIRROR=documents',
    'OBJECT=a.txt',
    'PRIORITY=4',
    'SYSLOG_IDENTIFIER=longshore',
  ]);
  await journal.close();
});

test('log: a file gets all lines, too, with their time also where the journal stamps the others', async () => {
  const path = join(temporaryFolder('log'), 'log');
  const file = { path, size: 4096, keep: 2 };
  expect(await linesOf({ journald: true, file }, (log) => log.warn('a', { b: 1 }))).toEqual([
    '<4>warn a b=1',
  ]);
  expect(readFileSync(path, 'utf8')).toBe('1970-01-01T00:00:00.000Z warn a b=1\n');
});

test('log: a file that cannot be written is an error in the stream, once, and costs no line there', async () => {
  const path = temporaryFolder('log'); // a folder
  const stream = new PassThrough();
  const all = text(stream);
  const log = logTo(stream, { file: { path, size: 4096, keep: 2 } });
  for (let i = 0; i < 3; i++) {
    log.info('a', { i });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await log.close();
  stream.end();
  const lines = (await all).split('\n').slice(0, -1);
  expect(lines.filter((line) => line.includes(' info a ')).length).toBe(3);
  expect(lines.filter((line) => line.includes('log file cannot be written')).length).toBe(1);
  expect(lines.join('\n')).toContain('EISDIR');
});

test('P9: log: no output has a secret in it, in the line or in a field', async () => {
  const path = join(temporaryFolder('log'), 'log');
  const secret = new Secret({ literal: 'hunter2' }, { folder: '/', env: {} });
  secret.reveal();
  const sent: string[] = [];
  const journal = {
    send(message: Uint8Array) {
      sent.push(String(message));
      return undefined;
    },
    close: () => {},
  };
  const file = { path, size: 4096, keep: 2 };
  const fields = { secret, deep: { secret }, error: new Error('refused') };
  await linesOf({ journald: true, journal, file }, (log) => log.error('refused', fields));
  for (const written of [readFileSync(path, 'utf8'), sent.join('')]) {
    expect(written).toContain('[secret]');
    expect(written).not.toContain('hunter2');
  }
});

test('log: of a flood of equal lines some are written and all are counted', async () => {
  let counts: unknown;
  const lines = await linesOf({ repeats: 2, level: 'debug' }, (log) => {
    for (let i = 0; i < 1000; i++) log.error('object failed', { mirror: 'documents', name: i });
    log.error('object failed', { mirror: 'photos' });
    for (let i = 0; i < 5; i++) log.debug('done', { name: i });
    counts = log.control.counts();
  });
  expect(lines.filter((line) => line.includes('error object failed')).length).toBe(3);
  expect(lines.filter((line) => line.includes('debug done')).length).toBe(5);
  expect(lines.at(-1)).toBe(
    '1970-01-01T00:00:00.000Z warn equal log lines skipped mirror=documents line="object failed" count=998 seconds=60',
  );
  expect(counts).toEqual({ error: 1001, warn: 0, info: 0, debug: 5 });
});

test('the journal is found by the socket, not by the variable alone', () => {
  const { dev, ino } = fstatSync(2, { bigint: true });
  expect(isJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, 2)).toBe(true);
  expect(isJournal({ JOURNAL_STREAM: `${dev}:${ino + 1n}` }, 2)).toBe(false);
  expect(isJournal({}, 2)).toBe(false);
  expect(isJournal({ JOURNAL_STREAM: '1:1' }, 9999)).toBe(false);
});

test('P7: while the stream is stuck a burst is dropped and counted, and warnings get through longer', async () => {
  const { stream, lines, open } = stuckStream();
  const log = logTo(stream, { level: 'debug' });
  const name = 'x'.repeat(1000);
  for (let i = 0; i < 20_000; i++) log.info('done', { name });
  expect(stream.writableLength).toBeLessThan(2 * 1024 * 1024);
  log.warn('still heard');
  for (let i = 0; i < 20_000; i++) log.error('failed', { name });
  expect(stream.writableLength).toBeLessThan(6 * 1024 * 1024);

  open();
  await log.close();
  const written = lines.filter(
    (line) => line.includes(' done ') || line.includes(' failed ') || line.includes('still heard'),
  ).length;
  const dropped = lines
    .flatMap((line) => /log lines dropped count=(\d+)/.exec(line)?.[1] ?? [])
    .map(Number);
  expect(lines.some((line) => line.includes('still heard'))).toBe(true);
  expect(written + dropped.reduce((sum, count) => sum + count, 0)).toBe(40_001);
});

test('close resolves when the stream has taken every line, and lines after it go nowhere', async () => {
  const { stream, lines, open } = stuckStream();
  const log = logTo(stream);
  log.info('one');
  log.info('two');
  const closing = log.close();
  log.info('three');
  open();
  await closing;
  expect(lines.filter((line) => line !== '').length).toBe(2);
  expect(stream.writableEnded).toBe(false);
});

test('a stream that ends under the logger is not an error', async () => {
  const stream = new PassThrough();
  const log = logTo(stream);
  stream.destroy();
  log.error('dropped after the end');
  await log.close();
});

test('a reader that leaves (EPIPE) does not end the program', async () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL('../src/log.js', import.meta.url).href)};
    import { systemClock } from ${JSON.stringify(new URL('../src/clock.js', import.meta.url).href)};
    const log = createLogger({ level: 'info', format: 'text', stream: process.stderr, clock: systemClock });
    log.info('first');
    process.stdin.once('data', async () => {
      for (let i = 0; i < 100; i++) { log.info('unheard'); await new Promise((r) => setImmediate(r)); }
      await log.close();
      process.stdout.write('alive');
      process.exit(7);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const [first] = await once(child.stderr, 'data');
  expect(String(first)).toContain('first');
  child.stderr.destroy();
  child.stdin.write('go\n');
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  expect([out, code]).toEqual(['alive', 7]);
});
