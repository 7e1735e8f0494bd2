import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyFile } from '../drivers/google/open.js';
import { KEY } from '../fakes/azure/identity.js';
import { ACCOUNT } from '../fakes/azure/request.js';
import { startFakeAzure } from '../fakes/azure/server.js';
import { KEY_ID, SECRET } from '../fakes/b2/account.js';
import { startFakeB2 } from '../fakes/b2/server.js';
import { startFakeGoogle } from '../fakes/google/server.js';
import { ACCOUNT as S3, startFakeS3 } from '../fakes/s3/server.js';
import { MAIN, run } from '../world/program.js';
import { noTerminal, openTerminal } from '../world/terminal.js';
import { openWorkspace } from '../world/workspace.js';

interface Service {
  readonly origin: string;
  close(): Promise<void>;
}

function openHome(fake: Service) {
  const { folder } = openWorkspace('init', () => fake.close());
  mkdirSync(join(folder, 'photos'));
  writeFileSync(join(folder, 'photos', 'a.jpg'), 'one');
  const env = { HOME: folder, XDG_CACHE_HOME: '/proc' };
  return {
    folder,
    read: (name: string) => readFileSync(join(folder, name), 'utf8'),
    longshore: (args: readonly string[], more = {}) =>
      run(args, { cwd: folder, env: { ...env, ...more } }),
    ask: (args: readonly string[], more = {}) =>
      openTerminal([process.execPath, MAIN, ...args], {
        cwd: folder,
        env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', ...env, ...more },
      }),
  };
}

const connectionOf = (origin: string) =>
  `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${origin}/${ACCOUNT};`;

describe.skipIf(noTerminal !== undefined)(
  'longshore init on a terminal',
  { timeout: 180_000 },
  () => {
    test('offers the account of a connection string of Azure, and tries it', async () => {
      const fake = await startFakeAzure();
      const { folder, read, ask, longshore } = openHome(fake);
      const more = { AZURE_STORAGE_CONNECTION_STRING: connectionOf(fake.origin) };
      const { answer, text, finished } = ask(['init', '--source', 'photos'], more);
      await answer(/Number: $/, '2');
      expect(text()).toContain(
        `2  Azure Blob Storage at ${fake.origin}, account ${ACCOUNT} (AZURE_STORAGE_CONNECTION_STRING), which answers`,
      );
      await answer(/Container, .*: $/, 'backups/laptop');
      await answer(/trash\? \[Y\/n\] $/, 'n');
      await answer(/or "no": $/, 'no');
      await answer(/Try "backups", and create it if it is missing\? \[Y\/n\] $/, 'y');
      expect(await finished, text()).toBe(0);
      expect(text()).toContain('vault gives all six guarantees');
      expect(text() + read('longshore.yaml')).not.toContain(KEY);
      expect(read('vault.secret')).toBe(`${KEY}\n`);
      expect(statSync(join(folder, 'vault.secret')).mode & 0o777).toBe(0o600);
      expect(read('longshore.yaml').trim().split('\n').length).toBeLessThanOrEqual(14);
      expect(await longshore(['reconcile'])).toMatchObject({ code: 0 });
    });

    test('P9: asks for the key file of a service account of Google, and says what is wrong with another one', async () => {
      const fake = await startFakeGoogle();
      const { folder, read, ask } = openHome(fake);
      writeFileSync(join(folder, 'odd.json'), '{}');
      const { answer, text, finished } = ask(['init', '--source', 'photos']);
      await answer(/Number: $/, '5');
      await answer(/service account: $/, '~/nowhere.json');
      await answer(/nowhere\.json cannot be read: .*service account: $/s, '~/odd.json');
      await answer(/odd\.json has no credentials .*service account: $/s, keyFile(fake));
      await answer(/Project .*: $/, 'my-project');
      await answer(/Bucket, .*: $/, 'backups');
      await answer(/trash\? \[Y\/n\] $/, 'n');
      await answer(/or "no": $/, 'no');
      await answer(/Try .*\[Y\/n\] $/, 'n');
      expect(await finished, text()).toBe(0);
      expect(read('longshore.yaml')).toMatch(
        /vault: \{ driver: google_storage, project: my-project, credentials_file: "\/.*key\.json" \}/,
      );
    });

    test('P9: the keys of Azure and B2 that are typed are not shown', async () => {
      const fake = await startFakeB2();
      const { read, ask } = openHome(fake);
      const azure = ask(['init', '--source', 'photos']);
      await azure.answer(/Number: $/, '4');
      await azure.answer(/Storage account: $/, 'No Name');
      await azure.answer(/Its name, such as mybackups\.\s+Storage account: $/, 'mybackups');
      await azure.answer(
        /shared access signature: $/,
        'https://x.example/?sv=1&sig=hidden-signature',
      );
      await azure.answer(/Container, .*: $/, 'backups');
      await azure.answer(/trash\? \[Y\/n\] $/, 'n');
      await azure.answer(/or "no": $/, 'no');
      await azure.answer(/Try .*\[Y\/n\] $/, 'n');
      expect(await azure.finished, azure.text()).toBe(0);
      expect(azure.text() + read('longshore.yaml')).not.toContain('hidden-signature');
      expect(read('vault.sas')).toBe('sv=1&sig=hidden-signature\n');
    });
  },
);

describe('longshore init without a terminal', () => {
  test('takes the emulator of Google, and the key of a service account', async () => {
    const fake = await startFakeGoogle();
    const { read, longshore } = openHome(fake);
    const words = ['init', '--source', 'photos', '--create', '--probe'];
    fake.rules.isOpen = true;
    const emulator = await longshore([...words, '--to', 'google_storage:backups', 'a.yaml'], {
      STORAGE_EMULATOR_HOST: fake.origin,
    });
    expect(emulator.code, emulator.stderr).toBe(0);
    expect(read('a.yaml')).toContain('auth: anonymous');
    fake.rules.isOpen = false;
    const path = keyFile(fake);
    const more = { GOOGLE_APPLICATION_CREDENTIALS: path, GOOGLE_CLOUD_PROJECT: 'p' };
    const account = await longshore(
      [...words, '--to', 'google_storage:others', '--endpoint', fake.origin, 'b.yaml'],
      more,
    );
    expect(account.code, account.stderr).toBe(0);
    expect(read('b.yaml')).toContain(`credentials_file: ${JSON.stringify(path)}`);
  });

  test('takes the variables of Azure and of Backblaze B2', async () => {
    const [azure, b2] = [await startFakeAzure(), await startFakeB2()];
    const { read, longshore } = openHome({
      origin: azure.origin,
      close: async () => void (await Promise.all([azure.close(), b2.close()])),
    });
    const words = ['init', '--source', 'photos', '--create', '--probe'];
    const keys = { AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: KEY };
    const first = await longshore(
      [...words, '--to', 'azure_blobs:backups', '--endpoint', azure.origin, 'a.yaml'],
      keys,
    );
    expect(first.code, first.stderr).toBe(0);
    expect(read('a.yaml')).toContain('secret: { env: "AZURE_STORAGE_KEY" }');
    const second = await longshore(
      [...words, '--to', 'backblaze_b2:backups', '--endpoint', b2.origin, 'b.yaml'],
      { B2_APPLICATION_KEY_ID: KEY_ID, B2_APPLICATION_KEY: SECRET },
    );
    expect(second.code, second.stderr).toBe(0);
    expect(read('b.yaml')).toContain('secret: { env: "B2_APPLICATION_KEY" }');
  });

  test('takes an AWS profile whose keys come from a program, and names it', async () => {
    const fake = await startFakeS3();
    const { folder, read, longshore } = openHome(fake);
    const program = join(folder, 'give-keys');
    const keys = { Version: 1, AccessKeyId: S3.accessKey, SecretAccessKey: S3.secret };
    writeFileSync(program, `#!/bin/sh\necho '${JSON.stringify(keys)}'\n`, { mode: 0o755 });
    mkdirSync(join(folder, '.aws'));
    writeFileSync(
      join(folder, '.aws', 'config'),
      `[profile vault]\nregion = us-east-1\nendpoint_url = ${fake.origin}\ncredential_process = ${program}\n`,
    );
    const to = ['--to', 's3:backups', '--account', 'aws:vault'];
    const done = await longshore(['init', '--source', 'photos', ...to, '--create', '--probe']);
    expect(done.code, done.stderr).toBe(0);
    expect(read('longshore.yaml')).toContain('aws_profile: vault');
    expect(await longshore(['reconcile'])).toMatchObject({ code: 0 });
  });
});
