import { expect } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import type { Body, ObjectInfo } from '../../src/drivers/call.js';
import { StorageError } from '../../src/drivers/errors.js';
import { intercept, type Operation } from '../../src/drivers/layers/intercept.js';
import { orAborted } from '../../src/signal.js';

export type Fault =
  /** Fails, and nothing has happened. */
  | Error
  /** Does what was asked for, and then fails: the answer was lost. */
  | { readonly lost: Error }
  /** The connection ends after so many bytes of content: a put fails, a reading just ends. */
  | { readonly cutAfter: number }
  /** Succeeds and reports checksums of other content. */
  | 'wrong checksum'
  /** Gives no answer until the call is aborted. */
  | 'hang'
  /** Does what was asked for, and gives no answer until the call is aborted. */
  | 'no answer';

export interface Faults {
  /** What the next call of the operation that has no fault yet will meet. Undefined: it meets none. */
  next(operation: Operation, fault: Fault | undefined): void;
  /** Calls that reached the backend, in order. */
  readonly calls: readonly Operation[];
  /** Fails the test when a scripted fault has not happened. */
  assertUsedUp(): void;
}

/** A backend whose calls fail as scripted, and are otherwise made. */
export function faulty(inner: Backend): { readonly backend: Backend; readonly faults: Faults } {
  const scripted = new Map<Operation, (Fault | undefined)[]>();
  const calls: Operation[] = [];
  let cutNextBody: number | undefined;

  const cutting: Backend = {
    ...inner,
    putObject(ref, body, options, call) {
      const given = cutNextBody === undefined ? body : cutBody(body, cutNextBody);
      cutNextBody = undefined;
      return inner.putObject(ref, given, options, call);
    },
  };

  const backend = intercept(
    cutting,
    async <T>(
      invocation: Parameters<Parameters<typeof intercept>[1]>[0],
      run: () => Promise<T>,
    ): Promise<T> => {
      const { operation, call } = invocation;
      calls.push(operation);
      const fault = scripted.get(operation)?.shift();
      if (fault === undefined) return run();
      if (fault instanceof Error) throw fault;
      if (fault === 'no answer') await run();
      if (fault === 'hang' || fault === 'no answer')
        return orAborted(new Promise<never>(() => {}), call.signal);
      if (fault === 'wrong checksum') return withWrongChecksums((await run()) as ObjectInfo) as T;
      if ('lost' in fault) {
        await run();
        throw fault.lost;
      }
      if (operation === 'putObject') cutNextBody = fault.cutAfter;
      const result = await run();
      return operation === 'readObject'
        ? (firstBytes(result as AsyncIterable<Uint8Array>, fault.cutAfter) as T)
        : result;
    },
  );

  return {
    backend,
    faults: {
      calls,
      next(operation, fault) {
        scripted.set(operation, [...(scripted.get(operation) ?? []), fault]);
      },
      assertUsedUp() {
        const left = [...scripted]
          .filter(([, faults]) => faults.length > 0)
          .map(([operation, faults]) => `${operation}: ${faults.length}`);
        expect(left, 'faults that never happened').toEqual([]);
      },
    },
  };
}

function withWrongChecksums(info: ObjectInfo): ObjectInfo {
  return {
    ...info,
    checksums: info.checksums.map(({ algorithm, hex }) => ({
      algorithm,
      hex: hex.replace(/./g, '0'),
    })),
  };
}

async function* firstBytes(
  source: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = count;
  for await (const chunk of source) {
    yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left <= 0) return;
  }
}

function cutBody({ size, replayable, open }: Body, count: number): Body {
  return {
    size,
    replayable,
    async *open() {
      yield* firstBytes(open(), count);
      throw new StorageError('the connection was lost', { driver: 'faulty', retry: 'backoff' });
    },
  };
}
