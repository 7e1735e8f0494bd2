import { expect } from 'vitest';
import {
  ObjectDoesNotExistError,
  PreconditionFailedError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import { call, contentOf, type Fixture, listKeys, put, rejection } from './fixture.js';

export function preconditionCases({ backend, again, inContainer }: Fixture): void {
  const declared = backend.capabilities.preconditions;

  if (declared.includes('ifAbsent')) {
    inContainer('ifAbsent stores what is new and leaves what is there', async (container) => {
      const ref = { container, key: 'once' };
      await put(backend, ref, 'first', { precondition: { ifAbsent: true } });
      const error = await rejection(
        put(backend, ref, 'second', { precondition: { ifAbsent: true } }),
      );
      expect(error).toBeInstanceOf(PreconditionFailedError);
      expect(error).toMatchObject({ name: 'PreconditionFailedError', objectName: 'once' });
      expect(await contentOf(backend, ref)).toBe('first');
    });

    inContainer('of ten writers with ifAbsent, on two clients, one wins', async (container) => {
      const other = await again();
      const ref = { container, key: 'raced' };
      const puts = Array.from({ length: 10 }, (_, i) =>
        put(i % 2 === 0 ? backend : other, ref, `writer ${i}`, {
          precondition: { ifAbsent: true },
        }),
      );
      const outcomes = await Promise.allSettled(puts);
      const winners = outcomes.flatMap((outcome, i) => (outcome.status === 'fulfilled' ? [i] : []));
      expect(winners).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected')
          expect(outcome.reason).toBeInstanceOf(PreconditionFailedError);
      expect(await contentOf(backend, ref)).toBe(`writer ${winners[0]}`);
      await other.close();
    });
  } else {
    inContainer('ifAbsent is not declared, so it is refused', async (container) => {
      const refused = put(backend, { container, key: 'x' }, 'x', {
        precondition: { ifAbsent: true },
      });
      expect(await rejection(refused)).toBeInstanceOf(UnsupportedOperationError);
      expect(await listKeys(backend, container)).toEqual([]);
    });
  }

  if (declared.includes('ifMatch')) {
    inContainer('ifMatch replaces the version that is meant, and no other', async (container) => {
      const ref = { container, key: 'versioned' };
      await put(backend, ref, 'one');
      const etag = String((await backend.headObject(ref, call)).extra['etag']);
      await put(backend, ref, 'two', { precondition: { ifMatch: etag } });
      const error = await rejection(
        put(backend, ref, 'three', { precondition: { ifMatch: etag } }),
      );
      expect(error).toBeInstanceOf(PreconditionFailedError);
      expect(await contentOf(backend, ref)).toBe('two');
    });

    inContainer('ifMatch on what is not there stores nothing', async (container) => {
      const error = await rejection(
        put(backend, { container, key: 'none' }, 'x', { precondition: { ifMatch: '"nothing"' } }),
      );
      expect(
        error instanceof PreconditionFailedError || error instanceof ObjectDoesNotExistError,
        String(error),
      ).toBe(true);
      expect(await listKeys(backend, container)).toEqual([]);
    });
  } else {
    inContainer('ifMatch is not declared, so it is refused', async (container) => {
      const refused = put(backend, { container, key: 'x' }, 'x', {
        precondition: { ifMatch: '"x"' },
      });
      expect(await rejection(refused)).toBeInstanceOf(UnsupportedOperationError);
      expect(await listKeys(backend, container)).toEqual([]);
    });
  }
}
