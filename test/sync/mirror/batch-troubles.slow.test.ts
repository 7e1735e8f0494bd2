import { expect, test } from 'vitest';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  TargetUnavailableError,
} from '../../../src/drivers/errors.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

const FILES = 20;

async function withFiles(): Promise<MirrorFixture> {
  const fixture = await openMirrorFixture();
  for (let at = 0; at < FILES; at += 1) fixture.write(`f${at}`);
  return fixture;
}

const failures = ({ events }: MirrorFixture) =>
  events.filter(({ event }) => event === 'failed' || event === 'run-finished');

test.each([
  new ContainerDoesNotExistError('c', { driver: 'memory' }),
  new ContainerAccessDeniedError('c', 'was refused: 403', { driver: 'memory' }),
])('batch: ends the run of its mirror when the container is gone or closed: %s', async (error) => {
  const fixture = await withFiles();
  const { mirror, faults, run, objects } = fixture;
  faults.next('putObjects', error);
  faults.next('putObject', error);
  await expect(run('reconcile')).rejects.toBe(error);
  faults.assertUsedUp();
  expect(failures(fixture)).toEqual([]);
  expect(mirror.parts.health.trouble).toBeUndefined();
  mirror.containerTrouble.over();
  expect((await run('reconcile')).report).toMatchObject({ failed: 0 });
  expect(Object.keys(await objects())).toHaveLength(FILES);
});

test.each([
  [
    'unreachable',
    new TargetUnavailableError('connection refused', { driver: 'memory', retry: 'backoff' }),
  ],
  ['refusing the credentials', new InvalidCredentialsError('403', { driver: 'memory' })],
])('batch: all is sent when a target is back that was %s', async (_, error) => {
  const fixture = await withFiles();
  const { mirror, faults, run } = fixture;
  faults.next('putObjects', error);
  for (let times = 0; times < 6; times += 1) faults.next('putObject', error);
  faults.next('headContainer', error);
  const { report } = await run('reconcile');
  faults.assertUsedUp();
  expect(report).toMatchObject({ uploaded: FILES, failed: 0 });
  expect(fixture.events.filter(({ event }) => event === 'failed')).toEqual([]);
  expect(mirror.parts.health.trouble).toBeUndefined();
});

test('P1: a batch that was under way when the program stopped is sent by the next run', async () => {
  const fixture = await withFiles();
  const { faults, run, stop, mirror } = fixture;
  faults.next('putObjects', 'hang');
  const running = run('reconcile');
  await expect.poll(() => faults.calls.includes('putObjects')).toBe(true);
  stop();
  await expect(running).rejects.toThrow('the program ends');
  expect(mirror.pending.size).toBe(0);
  expect(mirror.pending.dropped).toBe(FILES);
  for (const [, { state }] of mirror.parts.index.entries()) expect(state).toBe('sending');
});
