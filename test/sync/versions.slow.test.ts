import { expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { InvalidCredentialsError } from '../../src/drivers/errors.js';
import { silentLogger } from '../../src/log.js';
import type { Mirror } from '../../src/sync/mirror/mirror.js';
import { warnOfVersions } from '../../src/sync/mirror/old-content.js';
import { openFake } from '../drivers/s3/open.js';
import { startFakeS3 } from '../fakes/s3/server.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';

const { signal } = new AbortController();

/** The notes in the log about a container's versions. */
async function listener(backend: Backend, deletes: 'mirror' | 'trash'): Promise<unknown[]> {
  const notes: unknown[] = [];
  const log = {
    ...silentLogger,
    info: (_: string, fields?: Readonly<Record<string, unknown>>) =>
      void notes.push(fields?.['note']),
  };
  const settings = { name: 'm', container: 'versioned', policy: { deletes } } as Mirror['settings'];
  await warnOfVersions({ settings, parts: { backend, log } }, signal);
  return notes;
}

test('P4: versions: deleted and overwritten objects can be restored in a container that keeps versions, and the start says so', async () => {
  const fake = await startFakeS3();
  onTestFinished(() => fake.close());
  const s3 = openFake(fake);
  onTestFinished(() => s3.close());
  await s3.createContainer('versioned', { signal });
  expect(await listener(s3, 'mirror')).toEqual([]);
  fake.rules.store.bucket('versioned').versioned = true;
  expect(await listener(s3, 'mirror')).toEqual([
    expect.stringMatching(/^it keeps what is deleted or overwritten/),
  ]);
  expect(await listener(s3, 'trash')).toEqual([expect.stringMatching(/without a trash, too/)]);

  const { run, write, remove } = await openMirrorFixture({
    mirror: { container: 'versioned' },
    wrap: () => s3,
  });
  write('a', 'first');
  write('b');
  await run('reconcile');
  write('a', 'second');
  await run('scan');
  remove('a');
  expect((await run('scan')).report).toMatchObject({ deleted: 1, failed: 0 });
  const versions = s3.capabilities.versions!;
  const { items } = await versions.listVersions('versioned', 'p/a', {}, { signal });
  const contents = await Promise.all(
    items
      .filter(({ isDeleteMarker }) => !isDeleteMarker)
      .map(async (version) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of await versions.readVersion(
          version,
          version.versionId,
          undefined,
          { signal },
        ))
          chunks.push(chunk);
        return Buffer.concat(chunks).toString();
      }),
  );
  expect(contents).toEqual(['second', 'first']);
});

test('versions: a mirror goes on when it may not ask whether the container keeps versions', async () => {
  const fake = await startFakeS3();
  onTestFinished(() => fake.close());
  const s3 = openFake(fake);
  onTestFinished(() => s3.close());
  const refused = async () => {
    throw new InvalidCredentialsError('no right to do this', { driver: 's3' });
  };
  const versions = { ...s3.capabilities.versions!, keepsVersions: refused };
  expect(
    await listener({ ...s3, capabilities: { ...s3.capabilities, versions } }, 'mirror'),
  ).toEqual([]);
  expect(
    await listener({ ...s3, capabilities: { ...s3.capabilities, versions: undefined } }, 'mirror'),
  ).toEqual([]);
});
