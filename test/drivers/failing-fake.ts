import type { Backend } from '../../src/drivers/backend.js';
import { call } from './conformance/fixture.js';
import { CONTAINER } from './faults/steps.js';

interface Fake {
  readonly faults: { assertUsedUp(): void };
  close(): Promise<void>;
}

export interface FailingFake<F extends Fake> {
  readonly fake: F;
  /** A client of it that soon loses patience. */
  readonly backend: Backend;
  /** Rejects when a scripted fault has not happened. */
  close(): Promise<void>;
}

/** A service with one container and scripted failures, for one test. */
export async function openFailingFake<F extends Fake>(
  start: () => Promise<F>,
  open: (fake: F, settings: { readonly timeout: string }) => Backend,
): Promise<FailingFake<F>> {
  const fake = await start();
  const backend = open(fake, { timeout: '400ms' });
  await backend.createContainer(CONTAINER, call);
  return {
    fake,
    backend,
    async close() {
      await backend.close();
      await fake.close();
      fake.faults.assertUsedUp();
    },
  };
}
