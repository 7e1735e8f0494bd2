import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import {
  ObjectError,
  TargetUnavailableError,
  UnsupportedOperationError,
} from '../../src/drivers/errors.js';
import { digestOfAttributes } from '../../src/sync/file-attributes.js';
import type { BatchEffects, FileToMark, MarkFiles } from '../../src/sync/work/batch-effects.js';
import { ciphertext } from '../ciphertext.js';
import { withQuickPut } from '../fakes/quick-put.js';
import { setAttribute } from '../world/attributes.js';
import {
  type EffectsFixture,
  type EffectsFixtureOptions,
  openEffectsFixture,
  orderOf,
  sending,
} from './effects-fixture.js';

const never = new AbortController().signal;
const md5Of = (content: string | Buffer) => createHash('md5').update(content).digest('hex');
const anyMark: MarkFiles = async () => {};
const driver = { driver: 'memory' } as const;

/**
 * What each implementation of BatchEffects does. `open` makes one that reads and sends as `fixture.local` does, in this process
 * or in another one.
 */
export function batchEffectsSuite(
  name: string,
  open: (fixture: EffectsFixture) => BatchEffects | Promise<BatchEffects>,
): void {
  const opened = async (options?: EffectsFixtureOptions) => {
    const fixture = await openEffectsFixture(options);
    return { ...fixture, effects: await open(fixture) };
  };

  describe(`${name}: send`, () => {
    test('P2: sends each file that has an order, and answers with what the provider confirmed', async () => {
      const { effects, write, objects } = await opened();
      const files = ['a', 'd/b', 'ü', 'c'].map((each) => sending(write(each)));
      const before = Date.now();
      const answer = await effects.send(orderOf(files, [2]), anyMark, never);
      expect(answer.changedHands).toBe(false);
      expect(answer.files.map(({ state }) => state)).toEqual(['sent', 'sent', 'left', 'sent']);
      expect(await objects()).toEqual({ a: 'a', 'd/b': 'd/b', c: 'c' });
      for (const [row, each] of answer.files.entries()) {
        if (each.state !== 'sent') continue;
        const md5 = md5Of(each.entry.path);
        expect(each).toMatchObject({
          entry: files[row]?.entry,
          content: { md5, looks: 'ordinary' },
          confirmed: { md5 },
        });
        expect(each.confirmed.etag).toBeDefined();
        expect(each.content.hashedAtMs).toBeGreaterThanOrEqual(before);
        expect(each.content.hashedAtMs).toBeLessThanOrEqual(Date.now());
      }
    });

    test('P5: marks all that may be sent, once, before the first byte of any goes out', async () => {
      const { effects, write, objects } = await opened();
      const files = ['a', 'b'].map((each) => sending(write(each)));
      const compared = sending(write('c'), { sends: 'none', recorded: md5Of('other') });
      const marks: (readonly FileToMark[])[] = [];
      const mark: MarkFiles = async (marked) => {
        marks.push(marked);
        expect(await objects()).toEqual({});
      };
      await effects.send(orderOf([...files, compared], [1]), mark, never);
      expect(marks.map((marked) => marked.map(({ row, entry }) => [row, entry.path]))).toEqual([
        [[0, 'a']],
      ]);
      expect(await objects()).toEqual({ a: 'a' });
    });

    test('sends nothing when the mark fails, and marks nothing when nothing may be sent', async () => {
      const { effects, write, objects } = await opened();
      const failing: MarkFiles = async () => {
        throw new Error('the index is full');
      };
      const order = orderOf([sending(write('a'))]);
      await expect(effects.send(order, failing, never)).rejects.toThrow('the index is full');
      const compared = sending(write('b'), { sends: 'none', recorded: md5Of('other') });
      const { files } = await effects.send(orderOf([compared]), failing, never);
      expect(files).toEqual([{ state: 'other' }]);
      expect(await objects()).toEqual({});
    });

    test('sends no content that the object has already', async () => {
      const { effects, write, faults } = await opened();
      const same = sending(write('a'), { sends: 'ordinary', recorded: md5Of('a') });
      const other = sending(write('b'), { sends: 'ordinary', recorded: md5Of('a') });
      const { files } = await effects.send(orderOf([same, other]), anyMark, never);
      expect(files).toMatchObject([
        { state: 'same', entry: same.entry, content: { md5: md5Of('a'), looks: 'ordinary' } },
        { state: 'sent', confirmed: { md5: md5Of('b') } },
      ]);
      expect(faults.calls.filter((call) => call.startsWith('put'))).toHaveLength(1);
    });

    test('sends content that looks encrypted or wiped only where the order allows any', async () => {
      const { effects, write, objects } = await opened();
      const random = ciphertext(4_000);
      const blank = Buffer.alloc(4_000);
      const files = [
        sending(write('held', random), { sends: 'ordinary' }),
        sending(write('wiped', blank), { sends: 'ordinary' }),
        sending(write('new', random)),
        sending(write('empty', blank)),
      ];
      const answer = await effects.send(orderOf(files), anyMark, never);
      expect(answer.files).toMatchObject([
        { state: 'other' },
        { state: 'other' },
        { state: 'sent', content: { looks: 'random' } },
        { state: 'sent', content: { looks: 'blank' } },
      ]);
      expect(Object.keys(await objects()).sort()).toEqual(['empty', 'new']);
    });

    test('P3: sends no file that is another version, is gone, or cannot be read', async () => {
      const { effects, source, write, objects } = await opened();
      const files = ['a', 'changed', 'gone', 'b', 'c', 'd'].map((each) => sending(write(each)));
      appendFileSync(join(source, 'changed'), 'x');
      rmSync(join(source, 'gone'));
      const { files: answers } = await effects.send(orderOf(files), anyMark, never);
      const states = answers.map(({ state }) => state);
      expect(states[0]).toBe('sent');
      for (const row of [1, 2]) expect(['changed', 'unreadable']).toContain(states[row]);
      expect(Object.keys(await objects())).toEqual(['a', 'b', 'c', 'd']);
    });

    test('P2, P8: confirms nothing of an object that was refused or that has other bytes, and sends the others', async () => {
      const { effects, write, faults } = await opened({ wrap: withoutBatchPut });
      faults.next('putObject', new ObjectError('a', 'is refused', driver));
      faults.next('putObject', 'wrong checksum');
      const files = ['a', 'b', 'c'].map((each) => sending(write(each)));
      const answer = await effects.send(orderOf(files), anyMark, never);
      expect(answer.files.map(({ state }) => state)).toEqual([
        'unconfirmed',
        'unconfirmed',
        'sent',
      ]);
    });

    test('confirms nothing of what was not begun when the target is down', async () => {
      const { effects, write, faults } = await opened({ wrap: withoutBatchPut });
      const files = ['a', 'b'].map((each) => sending(write(each)));
      for (const _ of files)
        faults.next(
          'putObject',
          new TargetUnavailableError('is down', { ...driver, retry: 'backoff' }),
        );
      const { files: answers } = await effects.send(orderOf(files), anyMark, never);
      expect(answers.map(({ state }) => state)).toEqual(['unconfirmed', 'unconfirmed']);
    });

    test('P1: gives the same answer, and leaves the same objects, when it is done twice', async () => {
      const { effects, write, objects } = await opened({
        wrap: (backend) => withQuickPut(withoutBatchPut(backend)),
      });
      const order = orderOf(['a', 'b'].map((each) => sending(write(each))));
      const states = async () =>
        (await effects.send(order, anyMark, never)).files.map(({ state }) => state);
      expect([await states(), await states()]).toEqual([
        ['sent', 'sent'],
        ['sent', 'sent'],
      ]);
      expect(await objects()).toEqual({ a: 'a', b: 'b' });
    });

    test.each([
      ['in one call', (backend: Backend) => backend],
      ['by quick puts', (backend: Backend) => withQuickPut(withoutBatchPut(backend))],
      ['one by one', withoutBatchPut],
    ])(
      'P1: sent %s, overwrites no other object than its order says, and no file is confirmed by it',
      async (_, wrap) => {
        const { effects, write, objects, putByOther } = await opened({ wrap, conditional: true });
        const etags = {
          same: await putByOther('same', 'known'),
          changed: await putByOther('changed', 'known'),
        };
        await putByOther('changed', 'of another');
        await putByOther('there', 'of another');
        const expecting = {
          new: 'absent',
          there: 'absent',
          same: { ifMatch: etags.same },
          changed: { ifMatch: etags.changed },
          gone: { ifMatch: etags.same },
        } as const;
        const files = Object.entries(expecting).map(([each, where]) =>
          sending(write(each), { where }),
        );
        const answer = await effects.send(orderOf(files), anyMark, never);
        expect(answer.files.map(({ state }) => state)).toEqual([
          'sent',
          'conflict',
          'sent',
          'conflict',
          'conflict',
        ]);
        expect(await objects()).toEqual({
          new: 'new',
          there: 'of another',
          same: 'same',
          changed: 'of another',
        });
      },
    );

    test('P1: an order that is done again, after its answer was lost, sends nothing a second time and confirms nothing', async () => {
      const { effects, write, objects } = await opened({ conditional: true });
      const order = orderOf(['a', 'b'].map((each) => sending(write(each), { where: 'absent' })));
      await effects.send(order, anyMark, never);
      const { files } = await effects.send(order, anyMark, never);
      expect(files).toEqual([{ state: 'conflict' }, { state: 'conflict' }]);
      expect(await objects()).toEqual({ a: 'a', b: 'b' });
    });

    test('sends without a condition where the provider knows none, or does not understand it', async () => {
      for (const preconditions of [[], ['ifAbsent', 'ifMatch']] as const) {
        const wrap = (backend: Backend) => withoutConditions(withQuickPut(backend), preconditions);
        const { effects, write, objects, putByOther } = await opened({ wrap, conditional: true });
        await putByOther('a', 'of another');
        const files = [sending(write('a'), { where: 'absent' })];
        const answer = await effects.send(orderOf(files), anyMark, never);
        expect(answer.files.map(({ state }) => state)).toEqual(['sent']);
        expect(await objects()).toEqual({ a: 'a' });
      }
    });

    test('describes the attributes that the mirror keeps, and sends no file whose object has no room for them', async () => {
      const { effects, source, write } = await opened({ metadata: { xattr: true } });
      const files = ['a', 'plain', 'large'].map((each) => {
        write(each);
        if (each === 'a') setAttribute(join(source, each), 'user.colour', 'blue');
        if (each === 'large') setAttribute(join(source, each), 'user.x', 'x'.repeat(3_000));
        chmodSync(join(source, each), 0o600);
        return sending(write(each));
      });
      const { files: answers } = await effects.send(orderOf(files), anyMark, never);
      expect(answers.map(({ state }) => state)).toEqual(['sent', 'sent', 'attributes']);
      const digests = answers.map((each) =>
        each.state === 'sent'
          ? (each.attributesDigest ?? digestOfAttributes(each.entry.attributes))
          : undefined,
      );
      const blue = Buffer.from('blue').toString('base64');
      expect(digests).toEqual([digestOfAttributes({ 'user.colour': blue }), undefined, undefined]);
    });

    test('rejects with the reason of its signal', async () => {
      const { effects, write, faults } = await opened({ wrap: withoutBatchPut });
      const order = orderOf([sending(write('a'))]);
      const stop = new AbortController();
      const mark: MarkFiles = async () => stop.abort(new Error('stopped'));
      faults.next('putObject', 'hang');
      const answer = effects.send(order, mark, stop.signal);
      // A call that was begun may have failed by the signal before it was looked at: then the file is only not confirmed.
      const outcome = await answer.catch((error: Error) => error.message);
      if (typeof outcome === 'string') expect(outcome).toBe('stopped');
      else expect(outcome.files).toEqual([{ state: 'unconfirmed' }]);
    });
  });
}

const withoutBatchPut: NonNullable<EffectsFixtureOptions['wrap']> = (backend) => ({
  ...backend,
  capabilities: { ...backend.capabilities, batchPut: undefined },
});

/** It declares these conditions, and refuses each. */
function withoutConditions(
  backend: Backend,
  preconditions: Backend['capabilities']['preconditions'],
): Backend {
  return {
    ...backend,
    capabilities: {
      ...backend.capabilities,
      preconditions,
      quickPut: backend.capabilities.quickPut && {
        async putEach(container, objects, ...rest) {
          const conditional = objects.some(({ options }) => options.precondition !== undefined);
          if (conditional) return objects.map(() => ({ error: unsupported() }));
          return backend.capabilities.quickPut!.putEach(container, objects, ...rest);
        },
      },
    },
    async putObject(ref, body, options, call) {
      if (options.precondition !== undefined) throw unsupported();
      return backend.putObject(ref, body, options, call);
    },
  };
}

function unsupported(): Error {
  return new UnsupportedOperationError('conditions are not known', driver);
}
