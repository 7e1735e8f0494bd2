import { expect, it } from 'vitest';
import type { Body } from '../../../src/drivers/call.js';
import { ContainerDoesNotExistError } from '../../../src/drivers/errors.js';
import {
  call,
  contentOf,
  type Fixture,
  listKeys,
  plain,
  put,
  randomContent,
  rejection,
  streamedBody,
  uniqueContainerName,
} from './fixture.js';

export function abortCases({ backend, inContainer }: Fixture): void {
  inContainer(
    'G6: a call whose signal is aborted already rejects with its reason and changes nothing',
    async (container) => {
      const ref = { container, key: 'kept' };
      await put(backend, ref, 'as before');
      const reason = new Error('no more');
      const aborted = { signal: AbortSignal.abort(reason) };
      const absent = uniqueContainerName();
      const calls = {
        listContainers: () => backend.listContainers({}, aborted),
        headContainer: () => backend.headContainer(container, aborted),
        createContainer: () => backend.createContainer(absent, aborted),
        deleteContainer: () => backend.deleteContainer(container, aborted),
        listObjects: () => backend.listObjects(container, '', {}, aborted),
        headObject: () => backend.headObject(ref, aborted),
        putObject: () => backend.putObject(ref, streamedBody(randomContent(10)), plain, aborted),
        putBytes: () =>
          backend.putObject(
            ref,
            { ...streamedBody(randomContent(10)), bytes: randomContent(10) },
            plain,
            aborted,
          ),
        readObject: () => backend.readObject(ref, undefined, aborted),
        deleteObject: () => backend.deleteObject(ref, aborted),
      };
      for (const [operation, run] of Object.entries(calls))
        expect(await rejection(run()), operation).toBe(reason);
      expect(await contentOf(backend, ref)).toBe('as before');
      expect(await rejection(backend.headContainer(absent, call))).toBeInstanceOf(
        ContainerDoesNotExistError,
      );
    },
  );

  for (const given of [0, 1, 300_000]) {
    inContainer(
      `G2, G6: a put aborted after its source gave ${given} bytes leaves what was there`,
      async (container) => {
        await put(backend, { container, key: 'old' }, 'as before');
        for (const key of ['old', 'new']) {
          const stop = new AbortController();
          const { body, hanging } = hangingBody(given);
          const putting = backend.putObject({ container, key }, body, plain, {
            signal: stop.signal,
          });
          putting.catch(() => undefined); // looked at below
          await hanging;
          stop.abort(new Error('enough'));
          expect((await rejection(putting)).message).toContain('enough');
        }
        expect(await contentOf(backend, { container, key: 'old' })).toBe('as before');
        expect(await listKeys(backend, container)).toEqual(['old']);
      },
    );
  }

  inContainer('G6: an abort after the put has resolved changes nothing', async (container) => {
    const stop = new AbortController();
    await backend.putObject({ container, key: 'done' }, streamedBody(Buffer.from('done')), plain, {
      signal: stop.signal,
    });
    stop.abort(new Error('too late'));
    expect(await contentOf(backend, { container, key: 'done' })).toBe('done');
  });

  inContainer('a put can be repeated after an abort', async (container) => {
    const stop = new AbortController();
    const { body, hanging } = hangingBody(1000);
    const putting = backend.putObject({ container, key: 'again' }, body, plain, {
      signal: stop.signal,
    });
    putting.catch(() => undefined); // looked at below
    await hanging;
    stop.abort(new Error('enough'));
    await rejection(putting);
    await put(backend, { container, key: 'again' }, 'second try');
    expect(await contentOf(backend, { container, key: 'again' })).toBe('second try');
  });

  it('no call leaves a listener on its signal', async () => {
    const stop = new AbortController();
    let listeners = 0;
    const { signal } = stop;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const container = uniqueContainerName();
    await backend.createContainer(container, { signal });
    await backend.putObject({ container, key: 'x' }, streamedBody(randomContent(200_000)), plain, {
      signal,
    });
    await backend.deleteObject({ container, key: 'x' }, { signal });
    await backend.deleteContainer(container, { signal });
    expect(listeners).toBeLessThanOrEqual(0);
  });
}

/** Gives some of its bytes and then nothing more; `hanging` resolves when it has given them. */
function hangingBody(given: number): { readonly body: Body; readonly hanging: Promise<void> } {
  let resolve = (): void => {};
  const hanging = new Promise<void>((hangs) => {
    resolve = hangs;
  });
  const body: Body = {
    size: given + 1000,
    replayable: true,
    async *open() {
      if (given > 0) yield randomContent(given);
      resolve();
      await new Promise(() => {});
    },
  };
  return { body, hanging };
}
