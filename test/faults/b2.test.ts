import { openFake, placeOf } from '../drivers/b2/open.js';
import { startFakeB2 } from '../fakes/b2/server.js';
import { b2Dialect } from './b2-dialect.js';
import { lastingFaults } from './lasting.js';
import { passingFaults } from './passing.js';
import { describeFaults } from './storage.js';

async function overFake() {
  const fake = await startFakeB2();
  return {
    dialect: b2Dialect,
    origin: fake.origin,
    target: ({ host, port }: { readonly host: string; readonly port: number }) => ({
      driver: 'backblaze_b2',
      ...placeOf(`http://${host}:${port}`),
    }),
    open: () => openFake(fake, { hard_delete: true }),
    close: () => fake.close(),
  };
}

// Kills amid large files, whose first part is two of B2's: test/e2e/b2-faults.test.ts.
describeFaults('a mirror over a failing Backblaze B2', overFake, (at) => {
  passingFaults(at);
  lastingFaults(at);
});
