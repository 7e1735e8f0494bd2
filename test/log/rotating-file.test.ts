import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createRotatingFile, FAILED } from '../../src/log/rotating-file.js';
import { temporaryFolder } from '../world/folder.js';

const lost = (count: number, why: string) => `lost ${count}: ${why}\n`;

function open(path: string, { size = 1000, keep = 3 } = {}) {
  const stream = createRotatingFile({ path, size, keep }, lost);
  const failures: unknown[] = [];
  stream.on(FAILED, (error) => failures.push(error));
  return { stream, failures };
}

const write = (stream: Writable, text: string) =>
  new Promise<void>((resolve) => stream.write(`${text}\n`, () => resolve()));
const end = (stream: Writable) => new Promise<void>((resolve) => stream.end(() => resolve()));
const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

test('log file: is created with its folder, readable by its group, and appended to', async () => {
  const path = join(temporaryFolder('log'), 'new', 'log');
  for (const text of ['first', 'second']) {
    const { stream } = open(path);
    await write(stream, text);
    await end(stream);
  }
  expect(linesOf(path)).toEqual(['first', 'second']);
  expect(statSync(path).mode & 0o137).toBe(0);
});

test('log file: a full one becomes .1, that .2, and the oldest is removed', async () => {
  const folder = temporaryFolder('log');
  const path = join(folder, 'log');
  const { stream } = open(path, { size: 100, keep: 3 });
  const line = (i: number) => `${String(i).padStart(3, '0')} ${'x'.repeat(45)}`; // two a file
  for (let i = 0; i < 20; i++) await write(stream, line(i));
  await end(stream);
  expect(readdirSync(folder).sort()).toEqual(['log', 'log.1', 'log.2']);
  const kept = ['log.2', 'log.1', 'log'].flatMap((name) => linesOf(join(folder, name)));
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => line(20 - kept.length + i)));
  for (const name of readdirSync(folder))
    expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(150);
});

test('log file: lines of one burst are spread over files, in order', async () => {
  const folder = temporaryFolder('log');
  const { stream } = open(join(folder, 'log'), { size: 4096, keep: 100 });
  for (let i = 0; i < 1000; i++) stream.write(`line ${i} ${'x'.repeat(90)}\n`);
  await end(stream);
  const names = readdirSync(folder).sort((a, b) => numberOf(b) - numberOf(a));
  expect(names.length).toBeGreaterThan(20);
  const numbers = names
    .flatMap((name) => linesOf(join(folder, name)))
    .map((each) => Number(each.split(' ')[1]));
  expect(numbers).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  for (const name of names) expect(statSync(join(folder, name)).size).toBeLessThan(4096 + 200);
});

const numberOf = (name: string) => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0);

test('log file: with one file to keep, a full one is begun again', async () => {
  const folder = temporaryFolder('log');
  const { stream } = open(join(folder, 'log'), { size: 100, keep: 1 });
  for (let i = 0; i < 5; i++) await write(stream, `${i} ${'x'.repeat(120)}`);
  await end(stream);
  expect(readdirSync(folder)).toEqual(['log']);
  expect(linesOf(join(folder, 'log'))).toEqual([`4 ${'x'.repeat(120)}`]);
});

test('log file: one that is removed or renamed while it is open is created again', async () => {
  const folder = temporaryFolder('log');
  const path = join(folder, 'log');
  const { stream, failures } = open(path);
  await write(stream, 'a');
  rmSync(path);
  await write(stream, 'b');
  expect(linesOf(path)).toEqual(['b']);
  renameSync(path, join(folder, 'moved')); // what logrotate does
  await write(stream, 'c');
  rmSync(folder, { recursive: true });
  await write(stream, 'd');
  await end(stream);
  expect(linesOf(path)).toEqual(['d']);
  expect(failures).toEqual([]);
});

test('log file: a line after one that a crash has cut is a line of its own', async () => {
  const path = join(temporaryFolder('log'), 'log');
  writeFileSync(path, 'whole\nhal');
  const { stream } = open(path);
  await write(stream, 'next');
  await end(stream);
  expect(linesOf(path)).toEqual(['whole', 'hal', 'next']);
});

test('log file: a rotation that was killed between two renames is completed by the next', async () => {
  const folder = temporaryFolder('log');
  const path = join(folder, 'log');
  // log.1 has become log.2, and log is not log.1 yet.
  writeFileSync(join(folder, 'log.2'), 'older\n');
  writeFileSync(path, `${'x'.repeat(100)}\n`);
  const { stream } = open(path, { size: 100, keep: 3 });
  await write(stream, 'new');
  await end(stream);
  expect(linesOf(path)).toEqual(['new']);
  expect(linesOf(join(folder, 'log.1'))).toEqual(['x'.repeat(100)]);
});

test('log file: lines that cannot be written are counted, reported once, and never fail the stream', async () => {
  const folder = temporaryFolder('log');
  const path = join(folder, 'log');
  mkdirSync(path);
  const { stream, failures } = open(path);
  for (const text of ['a', 'b', 'c']) await write(stream, text);
  expect(failures.length).toBe(1);
  rmSync(path, { recursive: true });
  await write(stream, 'd');
  expect(linesOf(path)).toEqual([
    lost(3, 'the log file could not be written (EISDIR)').trim(),
    'd',
  ]);
  rmSync(path);
  mkdirSync(path);
  await write(stream, 'e');
  expect(failures.length).toBe(2);
  await end(stream);
});

test('log file: a FIFO without a reader is an error, not a wait', async () => {
  const path = join(temporaryFolder('log'), 'log');
  execFileSync('mkfifo', [path]);
  const { stream, failures } = open(path);
  await write(stream, 'a');
  await end(stream);
  expect(failures.map(String)).toEqual([`Error: ${path} is not a regular file`]);
});

test('log file: what another process appends counts for the size', async () => {
  const folder = temporaryFolder('log');
  const path = join(folder, 'log');
  const { stream } = open(path, { size: 100 });
  await write(stream, 'a');
  appendFileSync(path, `${'x'.repeat(100)}\n`);
  await write(stream, 'b');
  await end(stream);
  expect(linesOf(path)).toEqual(['b']);
  expect(linesOf(join(folder, 'log.1')).length).toBe(2);
});
