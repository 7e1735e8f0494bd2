import { describe, expect, it } from 'vitest';
import type { PutOutcome } from '../../../src/drivers/capabilities.js';
import { ContainerDoesNotExistError, ContainerError } from '../../../src/drivers/errors.js';
import { findObject } from '../../../src/drivers/find-object.js';
import { OPEN_PASSAGE } from '../../../src/drivers/passage.js';
import { batchOf, errorOf, type Given, type PutAll, text } from './batch-of.js';
import { outcomeCases } from './batch-put-outcomes.js';
import { conditionalBatchCases } from './conditional-batches.js';
import { call, type Fixture, listKeys, rejection, uniqueContainerName } from './fixture.js';

export function quickPutCases(fixture: Fixture): void {
  const { quickPut } = fixture.backend.capabilities;
  if (quickPut === undefined) {
    it('are not declared', () => expect(quickPut).toBeUndefined());
    return;
  }

  async function putEach(
    container: string,
    given: readonly Given[],
    signal = call.signal,
  ): Promise<readonly (PutOutcome | undefined)[]> {
    const [objects] = batchOf(given);
    const quick = objects.map((object, at) => ({
      ...object,
      bytes: given[at]!.content,
      replaces: 'unknown' as const,
    }));
    return quickPut!.putEach(container, quick, OPEN_PASSAGE, { signal });
  }

  const isStored = async (key: string, container: string) =>
    (await findObject(fixture.backend, { container, key }, call)) !== undefined;

  const putAll: PutAll = async (container, given, signal) => {
    const outcomes = await putEach(container, given, signal);
    return outcomes.map((outcome) => outcome ?? { error: new Error('was not begun') });
  };
  outcomeCases(fixture, putAll);
  describe('on conditions', () => conditionalBatchCases(fixture, putAll));

  const { backend, inContainer } = fixture;

  inContainer('no objects are no call that fails', async (container) => {
    expect(await putEach(container, [])).toEqual([]);
  });

  it('G5: a missing container is the error of an object, and what it keeps from being begun has none', async () => {
    const given = Array.from({ length: 50 }, (_, at) => text(`k${at}`, 'x'));
    const outcomes = await putEach(uniqueContainerName(), given);
    expect(errorOf(outcomes[0])).toBeInstanceOf(ContainerDoesNotExistError);
    expect(outcomes.some((outcome) => outcome !== undefined && 'stored' in outcome)).toBe(false);
    expect(await rejection(putEach('a/b', [text('x', 'x')]))).toBeInstanceOf(ContainerError);
  });

  inContainer('G6: a call whose signal is aborted already stores nothing', async (container) => {
    const reason = new Error('no more');
    const aborted = putEach(container, [text('a', 'A')], AbortSignal.abort(reason));
    expect(await rejection(aborted)).toBe(reason);
    expect(await listKeys(backend, container)).toEqual([]);
  });

  inContainer('G6: what is reported as stored of an aborted call is stored', async (container) => {
    for (let turns = 0; turns < 6; turns += 1) {
      const stop = new AbortController();
      const given = Array.from({ length: 40 }, (_, at) => text(`${turns}-${at}`, `${at}`));
      const putting = putEach(container, given, stop.signal);
      for (let turn = 0; turn < turns * 3; turn += 1) await new Promise(setImmediate);
      const reason = new Error('enough');
      stop.abort(reason);
      const outcomes = await putting.catch(() => given.map(() => undefined));
      const there = new Set(await listKeys(backend, container, `${turns}-`));
      for (const [at, outcome] of outcomes.entries()) {
        if (outcome !== undefined && 'stored' in outcome)
          // Swift's listings follow its objects.
          expect(there.has(given[at]!.key) || (await isStored(given[at]!.key, container))).toBe(
            true,
          );
        else if (outcome !== undefined) expect(errorOf(outcome)).toBe(reason);
      }
    }
  });
}
