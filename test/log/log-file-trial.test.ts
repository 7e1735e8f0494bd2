import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { logFileProblem } from '../../src/log/log-file-trial.js';
import { temporaryFolder } from '../world/folder.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder('log-trial');
});

const path = (...parts: string[]) => join(folder, ...parts);

it('finds nothing wrong with a path whose folders are missing, and creates none', async () => {
  expect(await logFileProblem(path('new', 'folder', 'log'))).toBe(undefined);
  expect(readdirSync(folder)).toEqual([]);
});

it('leaves a log that is there unchanged', async () => {
  writeFileSync(path('log'), 'first\n');
  const before = statSync(path('log'), { bigint: true });
  expect(await logFileProblem(path('log'))).toBe(undefined);
  expect(statSync(path('log'), { bigint: true })).toEqual(before);
  expect(readFileSync(path('log'), 'utf8')).toBe('first\n');
  expect(readdirSync(folder)).toEqual(['log']);
});

it('does not create what a symbolic link leads to', async () => {
  symlinkSync(path('elsewhere'), path('log'));
  expect(await logFileProblem(path('log'))).toBe(undefined);
  expect(readdirSync(folder)).toEqual(['log']);
});

it('refuses a folder, a FIFO without a reader, and a path through a file', async () => {
  mkdirSync(path('log'));
  expect(await logFileProblem(path('log'))).toBe(`${path('log')} is a folder; name a file in it`);
  execFileSync('mkfifo', [path('fifo')]);
  expect(await logFileProblem(path('fifo'))).toBe(`${path('fifo')} is not a regular file`);
  writeFileSync(path('file'), '');
  expect(await logFileProblem(path('file', 'log'))).toBe(
    `${path('file', 'log')} cannot be written: a part of its path is no folder (ENOTDIR)`,
  );
});

it('refuses a folder in which this user may create nothing', async () => {
  // Not even root may in this one.
  expect(await logFileProblem('/sys/longshore/log')).toMatch(
    /^no file can be created in \/sys: this user may not \(E(ACCES|PERM)\)$|read-only \(EROFS\)$/,
  );
});
