import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { findAccounts } from '../../src/cli/init-accounts.js';
import { destinationAt, placeIn } from '../../src/cli/init-answers.js';
import { configurationOf } from '../../src/cli/init-text.js';

const NONE = new Map();

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
  const found = findAccounts(env, NONE);
  expect(found.map(({ id, endpoint, settings }) => [id, endpoint, settings])).toEqual(expected);
});

test('findAccounts: offers AWS profiles that hold keys, with their region and endpoint, and no others', () => {
  const keys = { aws_access_key_id: 'k', aws_secret_access_key: 's' };
  const profiles = new Map<string, Readonly<Record<string, string>>>([
    ['default', { ...keys, region: 'eu-central-1' }],
    ['nas', { ...keys, endpoint_url: 'http://nas:9000' }],
    ['work', { sso_session: 'corp' }],
  ]);
  expect(
    findAccounts({}, profiles).map(({ id, endpoint, settings, reference }) => [
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
  ]);
});

test('findAccounts: keys of mc are decoded, and may have a colon and a token', () => {
  const [found] = findAccounts({ MC_HOST_a: 'http://k%2F:s%3A:t@[::1]:9000' }, NONE);
  const values = Object.entries(found?.secrets ?? {}).map(([name, { value }]) => [name, value]);
  expect(Object.fromEntries(values)).toEqual({ key: 'k/', secret: 's:', token: 't' });
  expect(found?.endpoint).toBe('http://[::1]:9000');
});

const secret = fc.stringMatching(/^[!-~]{12,40}$/);

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
        };
        const profiles = new Map([
          ['p', { aws_access_key_id: key, aws_secret_access_key: value, region: 'x-1' }],
        ]);
        const site = { file: 'f', path: '/a/longshore.yaml', onStdout: false, forService };
        for (const account of findAccounts(env, profiles)) {
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
          const inFiles = forService || account.id === 'mc:x';
          expect(files.map(({ content }) => content)).toEqual(
            inFiles ? [`${key}\n`, `${value}\n`] : [],
          );
          if (inFiles) expect(vault['secret']).toEqual({ file: './vault.secret' });
          else if (account.id === 'aws:p') expect(vault['aws_profile']).toBe('p');
          else expect(Object.keys(vault['secret'] as object)).toEqual(['env']);
        }
      },
    ),
  );
});
