import { describe, expect, test } from 'vitest';
import { carryOut } from '../../src/scale/carry-out.js';
import { DamagedColumnsError } from '../../src/scale/column-bytes.js';
import { JobRefusedError, QueueAwayError } from '../../src/scale/dispatcher.js';
import { openRemoteParts } from '../../src/scale/remote-parts.js';
import { countWorkerAnswers } from '../../src/scale/worker-answers.js';
import type { PartsEffects } from '../../src/sync/work/parts-effects.js';
import { memoryDispatcher } from './memory-dispatcher.js';
import { partsEffectsSuite } from './parts-effects-suite.js';
import { openPartsFixture, PART } from './parts-fixture.js';

const never = new AbortController().signal;
const NO_EFFECTS = { send: () => Promise.reject(new Error('it sends no small files')) };

/** Effects through a queue in memory, whose workers carry out what `local` can. */
function remote(local: PartsEffects) {
  const dispatcher = memoryDispatcher((job, signal) =>
    carryOut(
      job,
      { effects: NO_EFFECTS, parts: local, isReserved: (name) => name === 'reserved' },
      signal,
    ),
  );
  const lines: unknown[] = [];
  const log = { warn: (...line: readonly unknown[]) => void lines.push(line) };
  const answers = countWorkerAnswers(log);
  return { dispatcher, lines, answers, effects: openRemoteParts(dispatcher, 'm', answers) };
}

partsEffectsSuite('local effects', ({ local }) => local);
partsEffectsSuite('effects of a worker, by a queue in memory', ({ local }) => {
  const { effects } = remote(local);
  return { send: async (...order) => (await effects.send(...order)).parts };
});

describe('parts by workers', () => {
  const opened = async () => {
    const { local, version, token } = await openPartsFixture();
    const order = {
      ...{ name: 'large', version, upload: token.opaque, partSize: PART },
      ...{ first: 1, known: [undefined, undefined] },
    };
    return { ...remote(local), order };
  };

  test('are taken while a worker is free', async () => {
    const { dispatcher, effects } = await opened();
    expect(effects.takes()).toBe(true);
    dispatcher.takeAtMost(0);
    expect(effects.takes()).toBe(false);
  });

  test('reject when the queue is away, and when a worker returns the job', async () => {
    const { dispatcher, effects, order } = await opened();
    dispatcher.fail('away');
    await expect(effects.send(order, never)).rejects.toThrow(QueueAwayError);
    dispatcher.fail({ refused: { refusal: 'fenced', detail: 'late', nothingBegun: false } });
    await expect(effects.send(order, never)).rejects.toThrow(JobRefusedError);
  });

  test('believe no answer that cannot be one to the order', async () => {
    const { dispatcher, effects, order } = await opened();
    let other = '';
    dispatcher.fail({ forged: (answer) => (other = answer) });
    await effects.send({ ...order, first: 2 }, never);
    for (const forged of [() => '', () => other, (answer: string) => answer.slice(4)]) {
      dispatcher.fail({ forged });
      await expect(effects.send(order, never)).rejects.toThrow(DamagedColumnsError);
    }
    await expect(effects.send({ ...order, name: 'reserved' }, never)).rejects.toThrow('reserved');
  });

  test('a claim that the provider does not confirm is logged with who made it, and counted', async () => {
    const { effects, order, lines, answers } = await opened();
    const { refute } = await effects.send(order, never);
    expect(lines).toEqual([]);
    refute([2]);
    const detail = 'the provider does not list 1 of the parts as it says, such as part 2';
    const fields = { mirror: 'm', kind: 'parts', worker: 'memory:1', detail };
    expect(lines).toEqual([['answer of a worker refused', fields]]);
    expect(answers.counts).toMatchObject({ refusedAnswers: 1 });
  });
});
