import { readFileSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandWords } from '../../../src/drivers/command-words.js';
import { InvalidCredentialsError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import { processCredentials } from '../../../src/drivers/s3/credentials/process.js';
import { fakeClock } from '../../fakes/clock.js';
import { call, put, rejection } from '../conformance/fixture.js';
import { at, open, ref, temporary, withCredentials } from './credentials-fixture.js';

withCredentials();

/** A program of its own, in a folder whose name has a space. */
async function program(script: string): Promise<string> {
  const file = join(at.folder, 'my keys.sh');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o700);
  return file;
}

async function openWith(command: string) {
  const file = join(at.folder, 'config');
  await writeFile(file, `[profile work]\ncredential_process = ${command}\n`);
  return open({ AWS_CONFIG_FILE: file, PATH: process.env['PATH'] ?? '' }, { aws_profile: 'work' });
}

const answer = (fields: Readonly<Record<string, unknown>>) =>
  `cat <<'END'\n${JSON.stringify(fields)}\nEND`;

/** As a program writes what the metadata services call Token. */
function granted(accessKey: string, expiresInMs: number) {
  const { Token: SessionToken, ...keys } = temporary(accessKey, expiresInMs);
  return { Version: 1, ...keys, SessionToken };
}

test('credential_process: its program gives the keys, again before they expire', async () => {
  const file = await program(`echo run >> "$2"\n${answer(granted('PROGRAM', 3_600_000))}`);
  const log = join(at.folder, 'arguments of it');
  const s3 = await openWith(`"${file}" --log "${log}"`);
  await put(s3, ref, 'x');
  await program(answer(granted('NEXT', 3_600_000)));
  at.fake.rules.expired.add('PROGRAM');
  await put(s3, ref, 'y');
  expect(at.fake.log.at(-1)?.headers['authorization']).toContain('Credential=NEXT/');
});

test.each([
  ['echo no', 'wrote something that is not JSON'],
  [answer({ Version: 2 }), 'not of "Version": 1'],
  [answer({ Version: 1, AccessKeyId: 'a' }), 'gave no AccessKeyId and SecretAccessKey'],
  [
    answer({ Version: 1, AccessKeyId: 'a', SecretAccessKey: 'b', Expiration: 'soon' }),
    'no time of ISO 8601',
  ],
  [
    answer({
      Version: 1,
      AccessKeyId: 'a',
      SecretAccessKey: 'b',
      Expiration: '2020-01-01T00:00:00Z',
    }),
    'keys that have expired',
  ],
])('credential_process: the answer of %j is refused', async (script, message) => {
  const s3 = await openWith(`"${await program(script)}"`);
  const error = await rejection(put(s3, ref, 'x'));
  expect(error).toBeInstanceOf(InvalidCredentialsError);
  expect(error.message).toContain(message);
});

test('credential_process: what it says on standard error is shown, without what it wrote and without secrets', async () => {
  const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab';
  const file = await program(
    `echo '{"SecretAccessKey":"${secret}"}'\necho "no ticket, ${secret}" >&2\nexit 3`,
  );
  const error = await rejection(put(await openWith(`"${file}" ${secret}`), ref, 'x'));
  expect(error).toBeInstanceOf(TargetUnavailableError);
  expect(error.message).toContain('ended with exit code 3: no ticket, [not shown]');
  expect(error.message).not.toContain(secret);
});

test('credential_process: a program that is missing, and a quote that is not closed, are wrong settings', async () => {
  const missing = await rejection(put(await openWith('/nowhere/keys'), ref, 'x'));
  expect(missing).toBeInstanceOf(InvalidCredentialsError);
  expect(missing.message).toContain('ENOENT');
  const open = await rejection(put(await openWith('"/nowhere'), ref, 'x'));
  expect(open.message).toContain('a quote is not closed');
});

test('credential_process: a program that does not end is killed with all that it started', async () => {
  const clock = fakeClock();
  const env = { PATH: process.env['PATH'] };
  const ready = join(at.folder, 'ready');
  const file = await program(`sleep 1000 &\necho $! > "${ready}"\nwait`);
  const ended = rejection(processCredentials(`"${file}"`, { env, clock }, call));
  const started = async () => Number(await readFile(ready, 'utf8').catch(() => ''));
  await expect.poll(started).toBeGreaterThan(1);
  const child = await started();
  await clock.advance(60_000);
  expect((await ended).message).toContain('did not end within 60 s');
  await expect.poll(() => isRunning(child)).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test.each([
  ['/bin/a b  c', ['/bin/a', 'b', 'c']],
  ['"/opt/my tools/a" x "two words" --n="1 2"', ['/opt/my tools/a', 'x', 'two words', '--n=1 2']],
  ['a \'it is\' b\\ c "say \\"hi\\"" \'\'', ['a', 'it is', 'b c', 'say "hi"', '']],
  ['a $HOME ~ | b', ['a', '$HOME', '~', '|', 'b']],
  ['a "b', undefined],
  ["a 'b", undefined],
  ['', []],
])('credential_process: the words of %j are %j', (line, words) => {
  expect(commandWords(line)).toEqual(words);
});
