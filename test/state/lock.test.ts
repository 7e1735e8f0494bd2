import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { StateLockedError } from '../../src/state/errors.js';
import { takeLock } from '../../src/state/lock.js';
import { thisProcess } from '../../src/state/process-identity.js';
import { temporaryFolder } from '../world/folder.js';

const PROGRAM = fileURLToPath(new URL('./lock-program.js', import.meta.url));

interface Contender {
  readonly child: ChildProcess;
  ask(line: string): Promise<string>;
  kill(): Promise<void>;
}

async function startContender(folder: string): Promise<Contender> {
  const child = spawn(process.execPath, [PROGRAM, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  expect((await lines.next()).value).toBe('ready');
  return {
    child,
    async ask(line) {
      child.stdin.write(`${line}\n`);
      return (await lines.next()).value ?? 'ended';
    },
    kill,
  };
}

test('state lock: a second daemon is refused with the name of the holder, until the first releases it', async () => {
  const folder = temporaryFolder();
  const first = await startContender(folder);
  expect(await first.ask('take')).toBe('held');
  const opening = takeLock(folder, systemClock);
  await expect(opening).rejects.toThrow(StateLockedError);
  await expect(opening).rejects.toThrow(
    new RegExp(
      `another longshore works on this state folder \\(pid ${first.child.pid} on ${hostname()}, since 20.*Z, command: .*lock-program`,
    ),
  );
  expect(await first.ask('release')).toBe('released');
  const lock = await takeLock(folder, systemClock);
  await lock.release();
  await lock.release();
});

test('state lock: the same process cannot take it twice', async () => {
  const folder = temporaryFolder();
  const lock = await takeLock(folder, systemClock);
  await expect(takeLock(folder, systemClock)).rejects.toThrow(StateLockedError);
  await lock.release();
});

test('P5: state lock: exactly one of many that start at once after a kill -9 of the holder gets it', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const contenders = await Promise.all(Array.from({ length: 7 }, () => startContender(folder)));
  let rounds = 0;
  while (contenders.length > 0) {
    const answers = await Promise.all(contenders.map((contender) => contender.ask('take')));
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
    expect(answers.filter((answer) => answer.startsWith('refused '))).toHaveLength(
      contenders.length - 1,
    );
    const holder = answers.indexOf('held');
    await contenders[holder]?.kill();
    contenders.splice(holder, 1);
    rounds++;
  }
  expect(rounds).toBe(7);
});

test('state lock: never two of many that race for it have it at once', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const contenders = await Promise.all(Array.from({ length: 4 }, () => startContender(folder)));
  for (let round = 0; round < 40; round++) {
    const answers = await Promise.all(contenders.map((contender) => contender.ask('take')));
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
    expect(await contenders[answers.indexOf('held')]?.ask('release')).toBe('released');
  }
  expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toEqual(['lock.40']);
});

test('state lock: one of an earlier boot, of a pid that is another process now, or cut short by a loss of power is taken over', async () => {
  const self = await thisProcess();
  const holder = { ...self, since: '2026-01-01T00:00:00.000Z', command: 'longshore run' };
  for (const stale of [
    JSON.stringify({ ...holder, bootId: 'an earlier one' }),
    JSON.stringify({ ...holder, startTicks: '1' }),
    JSON.stringify({ ...holder, pid: 2 ** 22 + 1 }),
    JSON.stringify(holder).slice(0, 20),
    '',
  ]) {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'lock.3'), stale);
    const lock = await takeLock(folder, systemClock);
    expect(await readdir(folder)).toEqual(['lock.4']);
    await lock.release();
  }
});

test('P5: state lock: removes the file of a process that was killed while it took the lock, and not that of one that is taking it', async () => {
  const folder = temporaryFolder();
  const self = await thisProcess();
  const left = (holder: object) =>
    JSON.stringify({
      ...self,
      ...holder,
      since: '2026-01-01T00:00:00.000Z',
      command: 'longshore run',
    });
  await writeFile(join(folder, 'lock.00000000000a.tmp'), left({ pid: 2 ** 22 + 1 }));
  await writeFile(join(folder, 'lock.00000000000b.tmp'), left({}));
  await writeFile(join(folder, 'lock.00000000000c.tmp'), '');
  await writeFile(join(folder, 'lock.00000000000d.tmp'), '');
  const longAgo = new Date(Date.now() - 100_000);
  await utimes(join(folder, 'lock.00000000000d.tmp'), longAgo, longAgo);
  const lock = await takeLock(folder, systemClock);
  expect((await readdir(folder)).sort()).toEqual([
    'lock.00000000000b.tmp',
    'lock.00000000000c.tmp',
    'lock.1',
  ]);
  await lock.release();
});

test('state lock: a holder on another host or in another container counts as alive until it has been silent for long', async () => {
  const self = await thisProcess();
  for (const elsewhere of [{ pidNamespace: 'pid:[1]' }, { host: 'other', bootId: 'other' }]) {
    const folder = temporaryFolder();
    const file = join(folder, 'lock.1');
    await writeFile(
      file,
      JSON.stringify({
        ...self,
        ...elsewhere,
        since: '2026-01-01T00:00:00.000Z',
        command: 'longshore run',
      }),
    );
    await expect(takeLock(folder, systemClock)).rejects.toThrow(
      /on another host or in another container; its last heartbeat is/,
    );
    const longAgo = new Date(Date.now() - 100_000);
    await utimes(file, longAgo, longAgo);
    await (await takeLock(folder, systemClock)).release();
  }
});

test('state lock: a holder whose process is alive keeps it, however long it has been silent', async () => {
  const folder = temporaryFolder();
  const lock = await takeLock(folder, systemClock);
  await utimes(join(folder, 'lock.1'), new Date(0), new Date(0));
  await expect(takeLock(folder, systemClock)).rejects.toThrow(
    /works on this state folder \(pid \d+.*Stop it first/,
  );
  await lock.release();
});

test('state lock: its holder sends heartbeats, and none after the release', async () => {
  const folder = temporaryFolder();
  const due: (() => void)[] = [];
  const cancelled: (() => void)[] = [];
  const clock = {
    ...systemClock,
    after(_: number, run: () => void) {
      due.push(run);
      return () => cancelled.push(run);
    },
  };
  const lock = await takeLock(folder, clock);
  const file = join(folder, 'lock.1');
  const text = await readFile(file, 'utf8');
  const longAgo = new Date(Date.now() - 100_000);
  await utimes(file, longAgo, longAgo);
  due[0]?.();
  await expect
    .poll(async () => (await import('node:fs/promises')).stat(file).then(({ mtimeMs }) => mtimeMs))
    .toBeGreaterThan(longAgo.getTime() + 50_000);
  expect(await readFile(file, 'utf8')).toBe(text);
  await lock.release();
  expect(due).toHaveLength(2);
  expect(cancelled).toEqual([due[1]]);
  expect(await readFile(file, 'utf8')).toBe('');
});
