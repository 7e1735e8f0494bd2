import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { findAccounts } from '../../src/cli/init-accounts.js';
import { destinationAt, placeIn } from '../../src/cli/init-answers.js';
import { configurationOf } from '../../src/cli/init-text.js';

const NONE = new Map();
const noFile = () => undefined;

test.each([
  ['nothing', {}, []],
  ['a key without its secret', { AWS_ACCESS_KEY_ID: 'k' }, []],
  [
    'keys of AWS',
    { AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's', AWS_REGION: 'eu-west-1' },
    [['aws', undefined, { profile: 'aws', region: 'eu-west-1' }]],
  ],
  [
    'an endpoint for S3 before that of all services',
    {
      AWS_ACCESS_KEY_ID: 'k',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_ENDPOINT_URL: 'https://all.example',
      AWS_ENDPOINT_URL_S3: 'http://s3.example:9000/',
    },
    [['aws', 'http://s3.example:9000', {}]],
  ],
  [
    'a MinIO without an address',
    { MINIO_ROOT_USER: 'k', MINIO_ROOT_PASSWORD: 's' },
    [['minio', 'http://127.0.0.1:9000', {}]],
  ],
  [
    'a MinIO at an address without a host',
    { MINIO_ACCESS_KEY: 'k', MINIO_SECRET_KEY: 's', MINIO_ADDRESS: ':9900' },
    [['minio', 'http://127.0.0.1:9900', {}]],
  ],
  [
    'keys of Backblaze B2',
    { B2_APPLICATION_KEY_ID: 'k', B2_APPLICATION_KEY: 's' },
    [['b2', undefined, {}]],
  ],
  [
    'an account of Azure with its key',
    { AZURE_STORAGE_ACCOUNT: 'mybackups', AZURE_STORAGE_KEY: 's' },
    [['azure', undefined, { key: 'mybackups' }]],
  ],
  [
    'an account of Azure with a signature',
    { AZURE_STORAGE_ACCOUNT_NAME: 'mybackups', AZURE_STORAGE_SAS_TOKEN: '?sv=1&sig=x' },
    [['azure', undefined, { key: 'mybackups' }]],
  ],
  [
    'an account of Azure with an application',
    {
      AZURE_STORAGE_ACCOUNT: 'mybackups',
      AZURE_TENANT_ID: 't',
      AZURE_CLIENT_ID: 'c',
      AZURE_CLIENT_SECRET: 's',
    },
    [['azure', undefined, { key: 'mybackups', tenant_id: 't', client_id: 'c' }]],
  ],
  [
    'an account of Azure with a federated token',
    {
      AZURE_STORAGE_ACCOUNT: 'mybackups',
      AZURE_TENANT_ID: 't',
      AZURE_CLIENT_ID: 'c',
      AZURE_FEDERATED_TOKEN_FILE: '/token',
    },
    [
      [
        'azure',
        undefined,
        { key: 'mybackups', tenant_id: 't', client_id: 'c', federated_token_file: '/token' },
      ],
    ],
  ],
  ['an account of Azure that nothing gives access to', { AZURE_STORAGE_ACCOUNT: 'mybackups' }, []],
  [
    'a connection string',
    {
      AZURE_STORAGE_CONNECTION_STRING:
        'DefaultEndpointsProtocol=https;AccountName=mybackups;AccountKey=a==;EndpointSuffix=core.windows.net',
    },
    [['azure', undefined, { key: 'mybackups' }]],
  ],
  [
    'a connection string of another cloud',
    {
      AZURE_STORAGE_CONNECTION_STRING:
        'AccountName=mybackups;AccountKey=a==;EndpointSuffix=core.usgovcloudapi.net',
    },
    [
      [
        'azure',
        'https://mybackups.blob.core.usgovcloudapi.net',
        { key: 'mybackups', addressing: 'host' },
      ],
    ],
  ],
  [
    'a connection string of Azurite',
    { AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true' },
    [['azure', 'http://127.0.0.1:10000', { key: 'devstoreaccount1' }]],
  ],
  [
    'a connection string without a key',
    { AZURE_STORAGE_CONNECTION_STRING: 'AccountName=mybackups;BlobEndpoint=ftp://x' },
    [],
  ],
  [
    'an emulator of Google Cloud Storage',
    { STORAGE_EMULATOR_HOST: 'localhost:4443' },
    [['google', 'http://localhost:4443', { auth: 'anonymous', project: 'test' }]],
  ],
  ['credentials of Google that are not there', { GOOGLE_APPLICATION_CREDENTIALS: '/key.json' }, []],
  [
    'hosts of mc',
    { MC_HOST_play: 'https://k:s@play.example:9000', MC_HOST_odd: 'nonsense' },
    [['mc:play', 'https://play.example:9000', {}]],
  ],
  [
    'an openrc file, which names the project twice',
    {
      OS_AUTH_URL: 'https://keystone:5000/v3',
      OS_USERNAME: 'alice',
      OS_PASSWORD: 's',
      OS_PROJECT_ID: 'p1',
      OS_PROJECT_NAME: 'photos',
      OS_USER_DOMAIN_NAME: 'Default',
    },
    [
      [
        'swift',
        'https://keystone:5000/v3',
        {
          auth_url: 'https://keystone:5000/v3',
          key: 'alice',
          project_id: 'p1',
          user_domain: 'Default',
        },
      ],
    ],
  ],
  [
    'an application credential',
    {
      OS_AUTH_URL: 'https://keystone:5000/v3',
      OS_APPLICATION_CREDENTIAL_ID: 'id',
      OS_APPLICATION_CREDENTIAL_SECRET: 's',
      OS_PROJECT_NAME: 'photos',
    },
    [
      [
        'swift',
        'https://keystone:5000/v3',
        {
          auth_type: 'application_credential',
          auth_url: 'https://keystone:5000/v3',
          key: 'id',
        },
      ],
    ],
  ],
  [
    'the variables of the swift command',
    { ST_AUTH: 'https://swift.example/auth/v1.0', ST_USER: 'test:tester', ST_KEY: 's' },
    [
      [
        'swift',
        'https://swift.example/auth/v1.0',
        { auth_url: 'https://swift.example/auth/v1.0', key: 'test:tester' },
      ],
    ],
  ],
])('findAccounts: finds in the environment %s', (_, env, expected) => {
  const found = findAccounts(env, NONE, noFile);
  expect(found.map(({ id, endpoint, settings }) => [id, endpoint, settings])).toEqual(expected);
});

test('findAccounts: offers AWS profiles that hold or can get keys, with their region and endpoint, and no others', () => {
  const keys = { aws_access_key_id: 'k', aws_secret_access_key: 's' };
  const profiles = new Map<string, Readonly<Record<string, string>>>([
    ['nas', { ...keys, endpoint_url: 'http://nas:9000' }],
    ['default', { ...keys, region: 'eu-central-1' }],
    ['work', { sso_session: 'corp' }],
    ['role', { role_arn: 'arn:aws:iam::1:role/backup', source_profile: 'default' }],
    ['vault', { credential_process: '/usr/bin/give-keys' }],
    ['codes', { role_arn: 'arn:aws:iam::1:role/x', source_profile: 'default', mfa_serial: 'm' }],
    ['half', { role_arn: 'arn:aws:iam::1:role/x' }],
    ['empty', { region: 'x-1' }],
  ]);
  expect(
    findAccounts({}, profiles, noFile).map(({ id, endpoint, settings, reference }) => [
      id,
      endpoint,
      settings,
      reference,
    ]),
  ).toEqual([
    [
      'aws:default',
      undefined,
      { profile: 'aws', region: 'eu-central-1' },
      { aws_profile: 'default' },
    ],
    ['aws:nas', 'http://nas:9000', {}, { aws_profile: 'nas' }],
    ['aws:work', undefined, { profile: 'aws' }, { aws_profile: 'work' }],
    ['aws:role', undefined, { profile: 'aws' }, { aws_profile: 'role' }],
    ['aws:vault', undefined, { profile: 'aws' }, { aws_profile: 'vault' }],
  ]);
  const chosen = findAccounts({ AWS_PROFILE: 'vault' }, profiles, noFile);
  expect(chosen.map(({ id }) => id)[0]).toBe('aws:vault');
});

test('findAccounts: keys of mc are decoded, and may have a colon and a token', () => {
  const [found] = findAccounts({ MC_HOST_a: 'http://k%2F:s%3A:t@[::1]:9000' }, NONE, noFile);
  const values = Object.entries(found?.secrets ?? {}).map(([name, { value }]) => [name, value]);
  expect(Object.fromEntries(values)).toEqual({ key: 'k/', secret: 's:', token: 't' });
  expect(found?.endpoint).toBe('http://[::1]:9000');
});

/** A `;` ends the value of a connection string. */
const secret = fc.stringMatching(/^[!-:<-~]{12,40}$/);

test('P9: no configuration that init writes has a secret in it, and YAML reads of it what was meant', () => {
  fc.assert(
    fc.property(
      fc.record({ key: secret, secret, prefix: fc.stringMatching(/^[^/\0\n\ud800-\udfff]*$/) }),
      fc.boolean(),
      ({ key, secret: value, prefix }, forService) => {
        const env = {
          AWS_ACCESS_KEY_ID: key,
          AWS_SECRET_ACCESS_KEY: value,
          MINIO_ROOT_USER: key,
          MINIO_ROOT_PASSWORD: value,
          MC_HOST_x: `http://${encodeURIComponent(key)}:${encodeURIComponent(value)}@h:9000`,
          AZURE_STORAGE_CONNECTION_STRING: `AccountName=mybackups;AccountKey=${value}`,
          GOOGLE_APPLICATION_CREDENTIALS: '/home/me/key.json',
          B2_APPLICATION_KEY_ID: key,
          B2_APPLICATION_KEY: value,
        };
        const credentials = JSON.stringify({ type: 'service_account', private_key: value });
        const profiles = new Map([
          ['p', { aws_access_key_id: key, aws_secret_access_key: value, region: 'x-1' }],
        ]);
        const site = { file: 'f', path: '/a/longshore.yaml', onStdout: false, forService };
        for (const account of findAccounts(env, profiles, () => credentials)) {
          const destination = destinationAt(account, placeIn(`backups/${prefix}`));
          const answers = { source: '/src', destination, deletes: 'trash', page: undefined };
          const { text, files } = configurationOf(answers, site, '/');
          expect(text).not.toContain(key);
          expect(text).not.toContain(value);
          const read = parse(text) as {
            targets: { vault: Record<string, unknown> };
            mirrors: [Record<string, unknown>];
          };
          expect(read.mirrors[0]['prefix'] ?? '').toBe(prefix === '' ? '' : `${prefix}/`);
          const { vault } = read.targets;
          if (account.id === 'google') {
            const path = forService ? './vault.credentials_file' : '/home/me/key.json';
            expect(vault['credentials_file']).toBe(path);
            expect(files.map(({ content }) => content)).toEqual(forService ? [credentials] : []);
            continue;
          }
          const inFiles = forService || ['mc:x', 'azure'].includes(account.id);
          const secrets = account.id === 'azure' ? [`${value}\n`] : [`${key}\n`, `${value}\n`];
          expect(files.map(({ content }) => content)).toEqual(inFiles ? secrets : []);
          if (inFiles) expect(vault['secret']).toEqual({ file: './vault.secret' });
          else if (account.id === 'aws:p') expect(vault['aws_profile']).toBe('p');
          else expect(Object.keys(vault['secret'] as object)).toEqual(['env']);
        }
      },
    ),
  );
});

test.each([
  [
    'a service account',
    { type: 'service_account', client_email: 'a@p.example', project_id: 'p' },
    'as a@p.example',
    { project: 'p' },
  ],
  [
    'a user',
    { type: 'authorized_user', quota_project_id: 'q' },
    'as the user of gcloud',
    { project: 'q' },
  ],
  ['a workload identity', { type: 'external_account' }, 'as a workload identity', {}],
])('findAccounts: finds the credentials of %s that gcloud left', (_, document, label, settings) => {
  const files = new Map([
    ['/home/me/.config/gcloud/application_default_credentials.json', JSON.stringify(document)],
  ]);
  const [found] = findAccounts({ HOME: '/home/me' }, NONE, (path) => files.get(path));
  expect(found).toMatchObject({ id: 'google', settings, label: expect.stringContaining(label) });
  expect(findAccounts({ HOME: '/home/me' }, NONE, () => '{"type": "odd"}')).toEqual([]);
  expect(findAccounts({ HOME: '/home/me' }, NONE, () => 'no JSON')).toEqual([]);
});

test('a service is not given what is its administrator’s alone', () => {
  const profiles = new Map([['work', { sso_session: 'corp' }]]);
  const [account] = findAccounts({}, profiles, noFile);
  const destination = destinationAt(account!, placeIn('backups'));
  const answers = { source: '/src', destination, deletes: 'trash', page: undefined };
  const site = { file: 'f', path: '/a/longshore.yaml', onStdout: false };
  expect(() => configurationOf(answers, { ...site, forService: true }, '/')).toThrow(
    /AWS profile work \(single sign-on\): the service runs as a user of its own.*run longshore as yourself/,
  );
  const { text, files } = configurationOf(answers, { ...site, forService: false }, '/');
  expect(text).toContain('aws_profile: work');
  expect(files).toEqual([]);
});
