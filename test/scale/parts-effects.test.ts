import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { carryOut } from '../../src/scale/carry-out.js';
import { DamagedColumnsError } from '../../src/scale/column-bytes.js';
import { JobRefusedError, QueueAwayError } from '../../src/scale/dispatcher.js';
import { openRemoteParts } from '../../src/scale/remote-parts.js';
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
  return { dispatcher, effects: openRemoteParts(dispatcher, 'm', silentLogger) };
}

partsEffectsSuite('local effects', ({ local }) => local);
partsEffectsSuite(
  'effects of a worker, by a queue in memory',
  ({ local }) => remote(local).effects,
);

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
});
