import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { digest } from '../fakes/s3/request.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { eventsOf, type Finished, summaryOf } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

let fake: FakeS3;
beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());

async function openBucket(name: string, objects: Readonly<Record<string, string>>) {
  const direct = openFake(fake, { addressing: 'path' });
  await direct.createContainer(name, call);
  await direct.close();
  const bucket = fake.rules.store.bucket(name);
  const put = (
    key: string,
    content: string,
    headers: Readonly<Record<string, string>> = {},
    etag?: string,
  ) => {
    const bytes = Buffer.from(content);
    fake.rules.store.add(bucket, key, {
      bytes,
      etag: etag ?? `"${digest('md5', bytes)}"`,
      headers,
    });
  };
  for (const [key, content] of Object.entries(objects)) put(key, content);
  const workspace = openWorkspace('verify');
  return {
    put,
    verify(...args: string[]): Promise<Finished> {
      const place = ['--profile', 'aws', '--region', 'us-east-1', '--endpoint', fake.origin];
      const rest = ['-o', 'addressing=path', '--json', '--read-back', 'all'];
      const env = { AWS_ACCESS_KEY_ID: ACCOUNT.accessKey, AWS_SECRET_ACCESS_KEY: ACCOUNT.secret };
      return workspace.start(['verify', `s3:${name}`, ...args, ...place, ...rest], { env })
        .finished;
    },
  };
}

const verdictsOf = (done: Finished) =>
  Object.fromEntries(
    eventsOf(done)
      .filter(({ event }) => event === 'object')
      .map(({ name, verdict }) => [name, verdict]),
  );

test('P2: verify without state finds decayed objects of a bucket by ETags and md5chksum, and says what nothing proves', async () => {
  const { put, verify } = await openBucket('decayed', { fine: 'fine' });
  const md5chksum = (content: string) => ({
    'x-amz-meta-md5chksum': Buffer.from(digest('md5', Buffer.from(content)), 'hex').toString(
      'base64',
    ),
  });
  put('rotten', 'rotten', {}, `"${digest('md5', Buffer.from('sound'))}"`);
  put('rclone', 'sent in parts', md5chksum('sent in parts'), '"abc-2"');
  put('rclone-rotten', 'SENT in parts', md5chksum('sent in parts'), '"abd-2"');
  put('unknown', 'who knows', {}, '"abe-2"');
  const done = await verify();
  expect(done.code, done.stderr).toBe(5);
  expect(verdictsOf(done)).toEqual({
    rotten: 'damaged',
    'rclone-rotten': 'damaged',
    unknown: 'unverified',
  });
  expect(summaryOf(done)).toMatchObject({ objects: 5, proven: 2, damaged: 2, unverified: 1 });
});

test('verify ends with 3 when an object may not be read, and a connection that breaks off is no damage', async () => {
  const { verify } = await openBucket('denied', { denied: 'secret', fine: 'x'.repeat(100_000) });
  fake.faults.always(
    'GetObject',
    { kind: 'refuse', status: 403, code: 'AccessDenied' },
    (key) => key === 'denied',
  );
  try {
    const done = await verify();
    expect(done.code, done.stderr).toBe(3);
    expect(verdictsOf(done)).toEqual({ denied: 'unreadable' });
  } finally {
    fake.faults.always('GetObject', undefined);
  }
  fake.faults.next('GetObject', { kind: 'corrupt' });
  fake.faults.next('GetObject', { kind: 'truncate', afterBytes: 50_000 });
  const again = await verify();
  expect([again.code, summaryOf(again)['proven']]).toEqual([0, 2]);
});
