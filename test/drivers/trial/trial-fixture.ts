import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import type { Body, ObjectRef } from '../../../src/drivers/call.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import type { TrialResult } from '../../../src/drivers/trial/trial.js';
import { tryBackend } from '../../../src/drivers/trial/try-backend.js';
import { untilAborted } from '../../../src/signal.js';
import { call, listKeys, put } from '../conformance/fixture.js';

export const CONTAINER = 'box';
export const PREFIX = 'mirror/.longshore/probe-1/';

/** Tries a faulty version of a store in memory that holds an object of another program already. */
export async function tried(
  makeFaulty: (sound: Backend) => Partial<Backend>,
  signal = call.signal,
  seen: (result: TrialResult) => void = () => {},
) {
  const sound = memoryBackend();
  await sound.createContainer(CONTAINER, call);
  await put(sound, { container: CONTAINER, key: 'mirror/file' }, 'precious');
  const results: TrialResult[] = [];
  let left: readonly string[] | undefined;
  const report = (result: TrialResult) => {
    results.push(result);
    seen(result);
  };
  const cleaned = (kept: readonly string[]) => {
    left = kept;
  };
  const faulty = { ...sound, ...makeFaulty(sound) };
  const failure = await tryBackend(
    faulty,
    { container: CONTAINER, prefix: PREFIX, clock: systemClock, report, cleaned },
    { signal },
  ).catch((error: unknown) => error);
  const failed = results.filter(({ verdict }) => verdict === 'failed');
  return {
    results,
    failed: failed.map(({ id }) => id),
    problems: failed.flatMap(({ problems }) => problems).join('\n'),
    left,
    failure,
    kept: await listKeys(sound, CONTAINER),
    uploads: await sound.capabilities.multipart?.unfinished(CONTAINER, '', call),
  };
}

export const onlyThePrecious = { left: [], kept: ['mirror/file'] };

/** All of a body, or what it gave before it failed, or hung until the call was dropped. */
export async function readAsFarAsItGoes(
  body: Body,
  signal: AbortSignal,
): Promise<{ readonly bytes: Buffer; readonly error: unknown }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of untilAborted(body.open(), signal)) chunks.push(chunk);
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error };
  }
  return { bytes: Buffer.concat(chunks), error: undefined };
}

export const renamed = (change: (key: string) => string) => (sound: Backend) => {
  const other = (ref: ObjectRef) => ({ ...ref, key: change(ref.key) });
  return {
    putObject: (ref, ...rest) => sound.putObject(other(ref), ...rest),
    readObject: (ref, ...rest) => sound.readObject(other(ref), ...rest),
    headObject: (ref, ...rest) => sound.headObject(other(ref), ...rest),
    deleteObject: (ref, ...rest) => sound.deleteObject(other(ref), ...rest),
  } satisfies Partial<Backend>;
};
