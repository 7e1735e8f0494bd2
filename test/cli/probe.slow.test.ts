import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exitCodeOfSignal } from '../../src/cli/exit.js';
import { openFake as openFakeAzure } from '../drivers/azure/open.js';
import { openFake as openFakeB2 } from '../drivers/b2/open.js';
import { call, listKeys, put } from '../drivers/conformance/fixture.js';
import { openFake as openFakeGoogle } from '../drivers/google/open.js';
import { openFake as openFakeS3 } from '../drivers/s3/open.js';
import { openFake as openFakeSwift } from '../drivers/swift/open.js';
import { containerSas, KEY } from '../fakes/azure/identity.js';
import { ACCOUNT as AZURE_ACCOUNT } from '../fakes/azure/request.js';
import { startFakeAzure } from '../fakes/azure/server.js';
import { SECRET as B2_SECRET, KEY_ID } from '../fakes/b2/account.js';
import { startFakeB2 } from '../fakes/b2/server.js';
import { startFakeGoogle } from '../fakes/google/server.js';
import { ACCOUNT, startFakeS3 } from '../fakes/s3/server.js';
import { SECRET, USER } from '../fakes/swift/identity.js';
import { startFakeSwift } from '../fakes/swift/server.js';
import { s3Dialect } from '../faults/dialect.js';
import { startFaultProxy } from '../faults/fault-proxy.js';
import { type Console, openConsole, writeConfig } from './console.js';

let console: Console;
beforeEach(() => {
  console = openConsole({ env: { SECRET, S3_SECRET: ACCOUNT.secret } });
});
afterEach(() => console.remove());

const mirrors = `
mirrors:
  - { name: a, source: ./data, target: vault, container: box, prefix: backups }
`;

it('probe: passes a target that gives all guarantees, and leaves no objects there', async () => {
  writeConfig(
    console.folder,
    `targets: { vault: { driver: local, root: ./containers } }${mirrors}`,
  );
  expect(await console.run(['container', 'create', 'vault', 'box'])).toBe(0);
  expect(await console.run(['probe', 'vault'])).toBe(0);
  const text = console.stdout.text();
  expect(text).toMatch(
    /^target vault \(driver local\), container box, below backups\/\.longshore\/probe-[0-9a-f]{16}\/$/m,
  );
  for (const id of ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'])
    expect(text).toMatch(new RegExp(`^  ok      ${id}: `, 'm'));
  expect(text).toContain('everything that was put there has been removed');
  expect(text).toMatch(/vault gives all six guarantees\n$/);
  expect(readdirSync(join(console.folder, 'containers', 'box'))).toEqual([]);
});

it('probe: prints the detected S3 provider, or that none was detected', async () => {
  const s3 = await startFakeS3();
  // The answers of the fake contain no provider's name, so the test adds one.
  const named = await startFaultProxy(`http://${s3.host}:${s3.port}`, s3Dialect);
  named.always(() => true, {
    kind: 'alter',
    alter: (answer) => ({ ...answer, headers: { ...answer.headers, server: 'MinIO' } }),
  });
  const { port } = named;
  const keys = `driver: s3, host: 127.0.0.1, secure: false, key: ${ACCOUNT.accessKey}, secret: { env: S3_SECRET }`;
  try {
    writeConfig(
      console.folder,
      `targets: { vault: { ${keys}, port: ${port} }, other: { ${keys}, port: ${s3.port} } }${mirrors}`,
    );
    expect(await console.run(['container', 'create', 'vault', 'box'])).toBe(0);
    expect(await console.run(['probe', 'vault'])).toBe(0);
    expect(console.stdout.text()).toContain(
      `target vault (driver s3, found to be minio at http://127.0.0.1:${port}), container box`,
    );
    expect(console.stderr.text()).not.toContain('not recognised');
    expect(await console.run(['probe', 'other', '--container', 'box'])).toBe(0);
    expect(console.stdout.text()).toContain('target other (driver s3), container box');
    expect(console.stderr.text()).toContain(
      'warning: S3 provider not recognised: the generic profile is used',
    );
  } finally {
    await named.close();
    await s3.close();
  }
});

it('probe: tests S3 and Swift too, and prints JSON', async () => {
  const s3 = await startFakeS3();
  const swift = await startFakeSwift();
  const backends = [openFakeS3(s3), openFakeSwift(swift)];
  try {
    for (const backend of backends) await backend.createContainer('box', call);
    writeConfig(
      console.folder,
      `
targets:
  cloud: { driver: s3, profile: aws, region: us-east-1, host: ${s3.host}, port: ${s3.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: { env: S3_SECRET } }
  vault: { driver: swift, auth_url: ${swift.origin}/auth/v1.0, key: "${USER}", secret: { env: SECRET } }${mirrors}`,
    );
    const codes = [
      await console.run(['probe', 'cloud', '--container', 'box', '--json']),
      await console.run(['probe', 'vault', '--json']),
    ];
    const report = console.stdout
      .text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const failed = report.filter(({ verdict }) => verdict === 'failed');
    expect(failed).toEqual([]);
    expect(codes).toEqual([0, 0]);
    const [first, second] = report.filter(({ event }) => event === 'summary');
    expect(first).toMatchObject({
      target: 'cloud',
      driver: 's3',
      container: 'box',
      failed: [],
      absent: ['batch put'],
      left: 0,
    });
    expect(first?.['prefix']).toMatch(/^\.longshore\/probe-/);
    expect(second).toMatchObject({ target: 'vault', driver: 'swift', failed: [], left: 0 });
    for (const backend of backends) expect(await listKeys(backend, 'box')).toEqual([]);
  } finally {
    for (const backend of backends) await backend.close();
    await s3.close();
    await swift.close();
  }
});

it('probe: tests Backblaze B2, says which names it refuses and that old versions are kept, and leaves none', async () => {
  const b2 = await startFakeB2();
  const backend = openFakeB2(b2, { hard_delete: true });
  try {
    await backend.createContainer('bucket-of-mine', call);
    writeConfig(
      console.folder,
      `
targets:
  offsite: { driver: backblaze_b2, host: ${b2.host}, port: ${b2.port}, secure: false, key: ${KEY_ID}, secret: ${B2_SECRET}, hard_delete: true }
mirrors: [{ name: a, source: ./data, target: offsite, container: bucket-of-mine }]`,
    );
    expect(await console.run(['probe', 'offsite', '--json'])).toBe(0);
    const report = console.stdout.text();
    expect(report).toContain('names like these are refused');
    expect(console.stderr.text()).toContain('old versions are never deleted');
    expect(b2.rules.store.buckets.get('bucket-of-mine')?.files).toEqual([]);
  } finally {
    await backend.close();
    await b2.close();
  }
});

it('probe: says what an Azure account keeps, and when it may not ask', async () => {
  const softDelete = '<Enabled>true</Enabled><Days>1</Days>';
  const azure = await startFakeAzure({ softDelete });
  const backend = openFakeAzure(azure);
  try {
    await backend.createContainer('box', call);
    await put(backend, { container: 'box', key: 'older than the versions' }, 'x');
    azure.rules.versioning = true;
    await put(backend, { container: 'box', key: 'with versions' }, 'x');
    const at = `driver: azure_blobs, key: ${AZURE_ACCOUNT}, host: ${azure.host}, port: ${azure.port}, secure: false`;
    writeConfig(
      console.folder,
      `
targets:
  vault: { ${at}, secret: ${KEY} }
  guest: { ${at}, sas: "${containerSas('box', Date.now())}" }${mirrors}`,
    );
    expect(await console.run(['probe', 'vault'])).toBe(0);
    expect(console.stdout.text()).toMatch(
      /kept content: .* stays .*\(earlier versions are kept .*; soft delete keeps deleted objects 1 day\)\n/,
    );
    azure.rules.versioning = false;
    expect(await console.run(['probe', 'guest', '--container', 'box'])).toBe(0);
    expect(console.stdout.text()).toMatch(
      /kept content: .* may stay .*\(whether soft delete is on cannot be seen: these credentials may not ask, or the store does not say it\)\n/,
    );
  } finally {
    await backend.close();
    await azure.close();
  }
});

it('probe: says how long a container keeps what is replaced and deleted', async () => {
  const [s3, google] = [await startFakeS3(), await startFakeGoogle()];
  const backends = [openFakeS3(s3), openFakeGoogle(google)];
  try {
    for (const backend of backends) await backend.createContainer('box', call);
    s3.rules.store.bucket('box').versioned = true;
    Object.assign(google.rules.store.bucket('box').fields, {
      softDeletePolicy: { retentionDurationSeconds: '604800' },
    });
    google.rules.isOpen = true;
    writeConfig(
      console.folder,
      `
targets:
  cloud: { driver: s3, profile: aws, region: us-east-1, host: ${s3.host}, port: ${s3.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: { env: S3_SECRET } }
  vault: { driver: google_storage, auth: anonymous, host: ${google.host}, port: ${google.port}, secure: false }${mirrors}`,
    );
    expect(await console.run(['probe', 'cloud', '--container', 'box'])).toBe(0);
    expect(console.stdout.text()).toContain(
      'kept content: what is replaced and deleted stays for a time, and is paid for (earlier versions are kept',
    );
    expect(await console.run(['probe', 'vault'])).toBe(0);
    expect(console.stdout.text()).toContain('soft delete keeps deleted objects 7 days)');
  } finally {
    for (const backend of backends) await backend.close();
    await s3.close();
    await google.close();
  }
});

it('probe: says which guarantee a target does not give, what it saw, and what that means', async () => {
  const s3 = await startFakeS3();
  const backend = openFakeS3(s3);
  try {
    await backend.createContainer('box', call);
    writeConfig(
      console.folder,
      `
targets:
  cloud: { driver: s3, profile: aws, region: us-east-1, host: ${s3.host}, port: ${s3.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: { env: S3_SECRET } }
mirrors: [{ name: a, source: ./data, target: cloud, container: box }]`,
    );
    s3.faults.next('DeleteObject', { kind: 'refuse', status: 403, code: 'AccessDenied' });
    expect(await console.run(['probe', 'cloud'])).toBe(1);
    expect(console.stdout.text()).toMatch(
      /^ {2}FAILED {2}G1: .*\n {12}.*AccessDenied.*\n {12}That means: /m,
    );
    expect(console.stdout.text()).toMatch(/cloud does not give G1\n$/);
    s3.faults.assertUsedUp();
  } finally {
    await backend.close();
    await s3.close();
  }
});

it('probe: removes what it put into the target when Ctrl-C ends it', async () => {
  writeConfig(
    console.folder,
    `targets: { vault: { driver: local, root: ./containers } }${mirrors}`,
  );
  await console.run(['container', 'create', 'vault', 'box']);
  const running = console.run(['probe', 'vault']);
  await expect.poll(() => console.stdout.text(), { timeout: 60_000 }).toContain('G1');
  console.signal('SIGINT');
  expect(await running).toBe(exitCodeOfSignal('SIGINT'));
  expect(console.stdout.text()).toMatch(/everything that was put there has been removed\n$/);
  expect(readdirSync(join(console.folder, 'containers', 'box'))).toEqual([]);
});

it('probe: names what is missing: the container, a mirror that has one, or the target', async () => {
  writeConfig(
    console.folder,
    `targets: { vault: { driver: local, root: ./containers }, other: { driver: memory } }${mirrors}`,
  );
  expect(await console.run(['probe', 'vault'])).toBe(1);
  expect(console.stderr.text()).toContain('make it with: longshore container create vault box');
  expect(await console.run(['probe', 'other'])).toBe(2);
  expect(console.stderr.text()).toContain('no mirror goes to target "other": say with --container');
  expect(await console.run(['probe', 'vautl'])).toBe(2);
  expect(console.stderr.text()).toContain('did you mean "vault"');
});
