import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { bookkeepingPut } from '../../../src/drivers/bookkeeping.js';
import { ciphertext } from '../../ciphertext.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';

const call = { signal: new AbortController().signal };

test.each([
  ['one call', true],
  ['jobs of their own', false],
] as const)(
  'P4: objects that were damaged are sent again by %s, also where the guard looks at their files',
  async (_, batches) => {
    const { write, run, storage } = await openMirrorFixture({ batches });
    const contents = Array.from({ length: 40 }, (_, at) => ciphertext(at < 20 ? 3_000 : 7));
    for (const [at, content] of contents.entries()) write(`f${at}`, content);
    await run('reconcile');
    const damage = bytesBody(Buffer.from('other content of another size'));
    for (const at of contents.keys())
      await storage.putObject({ container: 'c', key: `p/f${at}` }, damage, bookkeepingPut(), call);
    const { report } = await run('reconcile');
    expect(report).toMatchObject({ uploaded: 40, failed: 0, held: 0 });
    for (const [at, content] of contents.entries()) {
      const info = await storage.headObject({ container: 'c', key: `p/f${at}` }, call);
      expect(info.size).toBe(content.length);
    }
  },
);
