import { createHash } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ObjectError, TargetUnavailableError } from '../../src/drivers/errors.js';
import type { PartsEffects, PartsOrder } from '../../src/sync/work/parts-effects.js';
import { isRoot } from '../world/program.js';
import { openPartsFixture, PART, PARTS, type PartsFixture } from './parts-fixture.js';

const never = new AbortController().signal;
const driver = { driver: 'memory' } as const;

/**
 * What each implementation of PartsEffects does. `open` makes one that reads and sends as `fixture.local` does, in this process
 * or in another one.
 */
export function partsEffectsSuite(
  name: string,
  open: (fixture: PartsFixture) => PartsEffects | Promise<PartsEffects>,
): void {
  const opened = async () => {
    const fixture = await openPartsFixture();
    const effects = await open(fixture);
    const order = (first: number, count: number, more: Partial<PartsOrder> = {}): PartsOrder => ({
      ...{ name: 'large', version: fixture.version, upload: fixture.token.opaque },
      ...{ partSize: PART, first, known: Array.from({ length: count }, () => undefined) },
      ...more,
    });
    const bytesOf = (number: number) =>
      fixture.content.subarray((number - 1) * PART, number * PART);
    const md5Of = (number: number) => createHash('md5').update(bytesOf(number)).digest('hex');
    const uploaded = async () =>
      (await fixture.multipart.uploadedParts(fixture.token, { signal: never })).map(
        ({ number }) => number,
      );
    return { ...fixture, effects, order, bytesOf, md5Of, uploaded };
  };

  describe(`${name}: send parts`, () => {
    test('P2: sends the parts that were asked for, and says what the provider confirmed of each', async () => {
      const { effects, order, md5Of, uploaded } = await opened();
      const answer = await effects.send(order(3, 4), never);
      expect(answer).toEqual(
        [3, 4, 5, 6].map((number) => ({
          ...{ number, size: PART, md5: md5Of(number), receipt: md5Of(number) },
        })),
      );
      expect(await uploaded()).toEqual([3, 4, 5, 6]);
    });

    test('the last part is the shorter one', async () => {
      const { effects, order, md5Of, version } = await opened();
      const [last] = await effects.send(order(PARTS, 1), never);
      expect(last).toMatchObject({
        ...{ number: PARTS, size: version.size % PART, md5: md5Of(PARTS) },
      });
    });

    test('sends no part that the provider has, and each that it has with other bytes', async () => {
      const { effects, order, md5Of, uploaded } = await opened();
      const known = [md5Of(1), md5Of(1), undefined];
      const answer = await effects.send(order(1, 3, { known }), never);
      expect(answer.map((part) => part?.receipt)).toEqual([undefined, md5Of(2), md5Of(3)]);
      expect(await uploaded()).toEqual([2, 3]);
    });

    test('twice the same is as good as once', async () => {
      const { effects, order, uploaded } = await opened();
      const [once, again] = await Promise.all([1, 2].map(() => effects.send(order(1, 5), never)));
      expect(again).toEqual(once);
      expect(await uploaded()).toEqual([1, 2, 3, 4, 5]);
    });

    test('P3: of a file that is another version nothing counts as sent, and of one that is gone', async () => {
      const { effects, order, change, path, uploaded } = await opened();
      change();
      expect(await effects.send(order(1, 2), never)).toEqual([undefined, undefined]);
      rmSync(path);
      expect(await effects.send(order(1, 2), never)).toEqual([undefined, undefined]);
      expect(await uploaded()).toEqual([]);
    });

    test.skipIf(isRoot)('nothing counts as sent of a file that cannot be read', async () => {
      const { effects, order, path } = await opened();
      chmodSync(path, 0);
      expect(await effects.send(order(1, 1), never)).toEqual([undefined]);
    });

    test('nothing counts as sent when the provider refuses a part, or the upload is gone', async () => {
      const { effects, order, faults, multipart, token } = await opened();
      faults.next('uploadPart', new ObjectError('large', 'was refused', driver));
      expect(await effects.send(order(1, 2), never)).toEqual([undefined, undefined]);
      await multipart.abort(token, { signal: never });
      expect(await effects.send(order(1, 2), never)).toEqual([undefined, undefined]);
    });

    test('rejects with trouble of the target', async () => {
      const { effects, order, faults } = await opened();
      faults.next('uploadPart', new TargetUnavailableError('is down', driver));
      await expect(effects.send(order(1, 2), never)).rejects.toThrow('is down');
    });

    test('an aborted signal ends it', async () => {
      const { effects, order, faults } = await opened();
      const stop = new AbortController();
      faults.next('uploadPart', 'hang');
      const sending = effects.send(order(1, 2), stop.signal);
      await expect.poll(() => faults.calls).toContain('uploadPart');
      stop.abort(new Error('the program ends'));
      await expect(sending).rejects.toThrow('the program ends');
    });
  });
}
