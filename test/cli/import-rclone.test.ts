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
