import { expect } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import type { Body, ObjectInfo } from '../../src/drivers/call.js';
import { StorageError } from '../../src/drivers/errors.js';
import { type Invocation, layered, type Next, withBody } from '../../src/drivers/layers/layer.js';
import type { Operation } from '../../src/drivers/layers/operations.js';
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

  const backend = layered(inner, [
    {
      name: 'faults',
      around(invocation, next) {
        calls.push(invocation.operation);
        return withFault(scripted.get(invocation.operation)?.shift(), invocation, next);
      },
    },
  ]);

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

async function withFault(
  fault: Fault | undefined,
  invocation: Invocation,
  next: Next,
): Promise<unknown> {
  const { operation, body, call } = invocation;
  if (fault === undefined) return next(invocation);
  if (fault instanceof Error) throw fault;
  if (fault === 'no answer') await next(invocation);
  if (fault === 'hang' || fault === 'no answer')
    return orAborted(new Promise<never>(() => {}), call.signal);
  if (fault === 'wrong checksum') return withWrongChecksums((await next(invocation)) as ObjectInfo);
  if ('lost' in fault) {
    await next(invocation);
    throw fault.lost;
  }
  if (operation === 'putObject' && body !== undefined)
    return next(withBody(invocation, cutBody(body, fault.cutAfter)));
  const result = await next(invocation);
  return operation === 'readObject'
    ? firstBytes(result as AsyncIterable<Uint8Array>, fault.cutAfter)
    : result;
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
