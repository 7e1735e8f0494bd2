import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Console, openConsole } from './console.js';

let console: Console;
beforeEach(() => {
  console = openConsole({ env: { HOME: '/nowhere' } });
});
afterEach(() => console.remove());

function imported(text: string): Promise<number> {
  writeFileSync(join(console.folder, 'rclone.conf'), text);
  return console.run(['import', 'rclone.conf']);
}

test('remotes become targets that a configuration takes', async () => {
  const code = await imported(`
# written by rclone
[offsite]
type = s3
provider = Wasabi
access_key_id = AKIA1
secret_access_key = a=b+c/d==
region = eu-central-1
endpoint = s3.eu-central-1.wasabisys.com
acl = private

[lab store]
type = s3
provider = Other
endpoint = http://10.0.0.1:9000
force_path_style = true
access_key_id = x
secret_access_key = y

[cloud]
type = swift
user = alice
key = hunter2
auth = https://keystone:5000/v3
tenant = photos

[b2]
type = b2
account = 0041
key = K004
hard_delete = true
download_url = https://files.example.com/
upload_cutoff = 200M

[google]
type = google cloud storage
project_number = my-project
service_account_file = /etc/longshore/key.json
location = europe-west1
storage_class = NEARLINE
endpoint = http://127.0.0.1:9000
object_acl = private
`);
  expect(code).toBe(0);
  const { targets } = parse(console.stdout.text()) as { targets: object };
  expect(targets).toEqual({
    offsite: {
      driver: 's3',
      profile: 'wasabi',
      key: 'AKIA1',
      secret: 'a=b+c/d==',
      region: 'eu-central-1',
      host: 's3.eu-central-1.wasabisys.com',
      acl: 'private',
    },
    'lab-store': {
      driver: 's3',
      host: '10.0.0.1',
      port: 9000,
      secure: false,
      addressing: 'path',
      key: 'x',
      secret: 'y',
    },
    cloud: {
      driver: 'swift',
      key: 'alice',
      secret: 'hunter2',
      auth_url: 'https://keystone:5000/v3',
      project: 'photos',
    },
    b2: {
      driver: 'backblaze_b2',
      key: '0041',
      secret: 'K004',
      hard_delete: true,
      download_url: 'https://files.example.com',
    },
    google: {
      driver: 'google_storage',
      project: 'my-project',
      credentials_file: '/etc/longshore/key.json',
      location: 'europe-west1',
      storage_class: 'NEARLINE',
      host: '127.0.0.1',
      port: 9000,
      secure: false,
    },
  });
  expect(console.stderr.text()).toContain('google: object_acl was not taken over');
  expect(console.stderr.text()).toContain('lab store: provider was not taken over');
  const first = 'mirrors: [{ name: m, source: ., target: cloud, container: c }]\n';
  writeFileSync(join(console.folder, 'longshore.yaml'), console.stdout.text() + first);
  await console.run(['check']);
  expect(console.stderr.text()).not.toMatch(/expected/);
});

test('remotes of Azure become targets, whatever gives access to them', async () => {
  const code = await imported(`
[key]
type = azureblob
account = mybackups
key = a2V5
access_tier = cool

[sas]
type = azureblob
sas_url = https://mybackups.blob.core.windows.net/box?sv=2021&sig=a%2Fb

[sas of azurite]
type = azureblob
sas_url = http://127.0.0.1:10000/devstoreaccount1?sv=2021&sig=x

[application]
type = azureblob
account = mybackups
tenant = t
client_id = c
client_secret = s
endpoint = blob.core.usgovcloudapi.net

[certificate]
type = azureblob
account = mybackups
tenant = t
client_id = c
client_certificate_path = /etc/key.pem

[machine]
type = azureblob
account = mybackups
use_msi = true
msi_client_id = m
env_auth = false

[environment]
type = azureblob
account = mybackups
env_auth = true

[emulator]
type = azureblob
use_emulator = true

[other emulator]
type = azureblob
account = mine
key = a2V5
use_emulator = true
endpoint = http://10.0.0.1:10010/mine

[connection]
type = azureblob
connection_string = DefaultEndpointsProtocol=http;AccountName=mine;AccountKey=a2V5==;BlobEndpoint=http://10.0.0.1:10000/mine;
`);
  expect(code).toBe(0);
  const { targets } = parse(console.stdout.text()) as { targets: object };
  const account = { driver: 'azure_blobs', key: 'mybackups' };
  const application = { ...account, tenant_id: 't', client_id: 'c' };
  const azurite = { host: '127.0.0.1', port: 10000, secure: false };
  expect(targets).toEqual({
    key: { ...account, secret: 'a2V5', storage_class: 'COOL' },
    sas: { ...account, sas: 'sv=2021&sig=a%2Fb', host: 'mybackups.blob.core.windows.net' },
    'sas-of-azurite': {
      driver: 'azure_blobs',
      key: 'devstoreaccount1',
      sas: 'sv=2021&sig=x',
      ...azurite,
    },
    application: { ...application, secret: 's', host: 'blob.core.usgovcloudapi.net' },
    certificate: { ...application, auth_type: 'certificate', client_certificate: '/etc/key.pem' },
    machine: { ...account, auth_type: 'managed_identity', client_id: 'm' },
    environment: account,
    emulator: {
      driver: 'azure_blobs',
      key: 'devstoreaccount1',
      secret: expect.stringMatching(/==$/) as string,
      ...azurite,
    },
    'other-emulator': {
      driver: 'azure_blobs',
      key: 'mine',
      secret: 'a2V5',
      ...azurite,
      host: '10.0.0.1',
      port: 10010,
    },
    connection: {
      driver: 'azure_blobs',
      key: 'mine',
      secret: 'a2V5==',
      ...azurite,
      host: '10.0.0.1',
    },
  });
  expect(console.stderr.text()).toBe('');
  const first = 'mirrors: [{ name: m, source: ., target: key, container: box }]\n';
  writeFileSync(join(console.folder, 'longshore.yaml'), console.stdout.text() + first);
  await console.run(['check']);
  expect(console.stderr.text()).not.toMatch(/expected/);
});

test('remotes of Google and B2 keep their ways in, and a key that stands in the file is asked for as a file', async () => {
  const code = await imported(`
[environment]
type = google cloud storage
env_auth = true
project_number = 12345678

[emulator]
type = google cloud storage
anonymous = true
endpoint = http://127.0.0.1:4443

[inline]
type = google cloud storage
anonymous = false
service_account_credentials = {"private_key": "secret-key"}

[b2]
type = b2
account = 0041
key = K004
test_mode = fail_some_uploads
endpoint = http://127.0.0.1:9000
`);
  expect(code).toBe(0);
  expect(parse(console.stdout.text())).toEqual({
    targets: {
      environment: { driver: 'google_storage', project: '12345678' },
      emulator: {
        driver: 'google_storage',
        auth: 'anonymous',
        host: '127.0.0.1',
        port: 4443,
        secure: false,
      },
      inline: { driver: 'google_storage' },
      b2: {
        driver: 'backblaze_b2',
        key: '0041',
        secret: 'K004',
        test_mode: 'fail_some_uploads',
        host: '127.0.0.1',
        port: 9000,
        secure: false,
      },
    },
  });
  const said = console.stderr.text();
  expect(said).toContain('inline: service_account_credentials was not taken over: write it into a');
  expect(said).not.toContain('secret-key');
  expect(said.trim().split('\n')).toHaveLength(1);
});

test('a remote without a driver is named, and the others are printed', async () => {
  expect(
    await imported(
      '[a]\ntype = drive\ntoken = secret-token\n[b]\ntype = alias\nremote = c:box/sub\n[c]\ntype = s3\nchunk_size = 5M\n',
    ),
  ).toBe(3);
  expect(parse(console.stdout.text())).toEqual({
    targets: { b: { driver: 's3' }, c: { driver: 's3' } },
  });
  const said = console.stderr.text();
  expect(said).toContain('a: longshore has no driver for remotes of the kind "drive"');
  expect(said).toContain('b: its place "box/sub" is the container and prefix of a mirror');
  expect(said).toContain('c: chunk_size was not taken over: it has no counterpart');
  expect(said).not.toContain('secret-token');
});

test.each([
  ['RCLONE_ENCRYPT_V0:\nabc', /protected by a password/],
  ['{"json": true}', /no configuration of rclone/],
  ['key = value', /no configuration of rclone/],
])('the file %j is refused', async (text, expected) => {
  expect(await imported(text)).toBe(2);
  expect(console.stderr.text()).toMatch(expected);
});

test('a file that is not there is named', async () => {
  expect(await console.run(['import', 'nope.conf'])).toBe(2);
  expect(console.stderr.text()).toMatch(/nope\.conf cannot be read: ENOENT/);
});
