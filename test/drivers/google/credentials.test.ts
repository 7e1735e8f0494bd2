import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import {
  InvalidCredentialsError,
  TargetUnavailableError,
  UnprovenAnswerError,
} from '../../../src/drivers/errors.js';
import { EMAIL, PRIVATE_KEY, REFRESH_TOKEN, SUBJECT_TOKEN } from '../../fakes/google/identity.js';
import { type FakeGoogle, startFakeGoogle } from '../../fakes/google/server.js';
import { LOGIN_PAGE } from '../../fakes/scripted-faults.js';
import { createFolder } from '../../world/folder.js';
import { call, rejection } from '../conformance/fixture.js';
import { keyFile, type OpenOptions, openGoogle, placeOf } from './open.js';

let fake: FakeGoogle;

beforeEach(async () => {
  fake = await startFakeGoogle();
  fake.rules.store.buckets.set('photos', { objects: new Map(), fields: {} });
  return () => fake.close();
});
afterEach(() => fake.faults.assertUsedUp());

/** Lists a bucket with these settings, and resolves with what the identity services were asked. */
async function listWith(
  settings: Readonly<Record<string, unknown>>,
  options: OpenOptions = {},
): Promise<readonly unknown[]> {
  const backend = openGoogle({ ...placeOf(fake.origin), ...settings }, options);
  try {
    await backend.listObjects('photos', '', {}, call);
    return fake.rules.asked;
  } finally {
    await backend.close();
  }
}

function fileWith(content: unknown): string {
  const file = join(createFolder(), 'credentials');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const user = () => ({
  type: 'authorized_user',
  client_id: 'id',
  client_secret: 'client secret',
  refresh_token: REFRESH_TOKEN,
  token_uri: `${fake.origin}/token`,
});

const external = (source: unknown, changes = {}) => ({
  type: 'external_account',
  audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: `${fake.origin}/sts`,
  credential_source: source,
  ...changes,
});

describe('Google credentials', () => {
  test('a service account: signs an assertion for the scope of storage, for an hour', async () => {
    const [asked] = await listWith({ credentials_file: keyFile(fake) });
    const { assertion, grant_type: type } = asked as Record<string, string>;
    expect(type).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const [header, claims] = (assertion ?? '')
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
    expect(claims).toMatchObject({
      iss: EMAIL,
      aud: `${fake.origin}/token`,
      scope: 'https://www.googleapis.com/auth/devstorage.read_write',
    });
    expect(claims.exp - claims.iat).toBe(3600);
  });

  test('a private key in PEM: needs the e-mail of its account', async () => {
    const pem = fileWith(PRIVATE_KEY);
    const error = await rejection(listWith({ credentials_file: pem }));
    expect(error).toBeInstanceOf(InvalidCredentialsError);
    expect(error.message).toContain('needs `key`');
  });

  test('a user: sends the refresh token', async () => {
    const [asked] = await listWith({ credentials_file: fileWith(user()) });
    expect(asked).toMatchObject({ grant_type: 'refresh_token', refresh_token: REFRESH_TOKEN });
  });

  test.each([
    ['a file', () => ({ file: fileWith(`${SUBJECT_TOKEN}\n`) })],
    [
      'a field of a JSON file',
      () => ({
        file: fileWith({ id_token: SUBJECT_TOKEN }),
        format: { type: 'json', subject_token_field_name: 'id_token' },
      }),
    ],
  ])('an external account: exchanges the subject token of %s', async (_, source) => {
    const [asked] = await listWith({ credentials_file: fileWith(external(source())) });
    expect(asked).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: SUBJECT_TOKEN,
      scope: 'https://www.googleapis.com/auth/devstorage.read_write',
    });
  });

  test('an external account of AWS: sends a signed request with the audience in it', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret of AWS',
      AWS_SESSION_TOKEN: 'session of AWS',
      AWS_REGION: 'eu-west-1',
    };
    const file = fileWith(external({ environment_id: 'aws1' }));
    const [asked] = await listWith({ credentials_file: file }, { env });
    const token = (asked as Record<string, string>)['subject_token'] ?? '';
    const request = JSON.parse(decodeURIComponent(token));
    expect(request.url).toBe(
      'https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15',
    );
    const names = request.headers.map(({ key }: { key: string }) => key).sort();
    expect(names).toEqual([
      'authorization',
      'host',
      'x-amz-date',
      'x-amz-security-token',
      'x-goog-cloud-target-resource',
    ]);
    expect(token).not.toContain('secret%20of%20AWS');
  });

  test('an external account: is impersonated where its file says so, with the scope of the cloud', async () => {
    const url = `${fake.origin}/v1/projects/-/serviceAccounts/${EMAIL}:generateAccessToken`;
    const document = external(
      { file: fileWith(SUBJECT_TOKEN) },
      { service_account_impersonation_url: url },
    );
    const asked = await listWith({ credentials_file: fileWith(document) });
    expect(asked).toMatchObject([
      { scope: 'https://www.googleapis.com/auth/cloud-platform' },
      { scope: ['https://www.googleapis.com/auth/devstorage.read_write'], lifetime: '3600s' },
    ]);
  });

  const JWT = 'urn:ietf:params:oauth:token-type:jwt';
  const ALLOWED = { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1', PATH: '/usr/bin:/bin' };
  const answer = (fields: Readonly<Record<string, unknown>>) =>
    JSON.stringify({
      version: 1,
      success: true,
      token_type: JWT,
      id_token: SUBJECT_TOKEN,
      ...fields,
    });
  /** A program that prints this, and writes what it is given to a file beside it. */
  function program(text: string): { readonly command: string; given(): string } {
    const file = join(createFolder(), 'my token.sh');
    const script = `#!/bin/sh\nenv | grep GOOGLE_EXTERNAL > "$0.given"\ncat <<'END'\n${text}\nEND\n`;
    writeFileSync(file, script, { mode: 0o700 });
    return { command: `"${file}" --quiet`, given: () => readFileSync(`${file}.given`, 'utf8') };
  }

  test('an external account whose token a program prints: is refused unless the environment allows programs', async () => {
    const { command } = program(answer({}));
    const file = fileWith(external({ executable: { command } }));
    const error = await rejection(listWith({ credentials_file: file }));
    expect(error).toBeInstanceOf(InvalidCredentialsError);
    expect(error.message).toContain('set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1');
  });

  test('an external account whose token a program prints: exchanges it, and the program learns what it is for', async () => {
    const { command, given } = program(answer({}));
    const file = fileWith(external({ executable: { command } }));
    const [asked] = await listWith({ credentials_file: file }, { env: ALLOWED });
    expect(asked).toMatchObject({ subject_token: SUBJECT_TOKEN });
    expect(given()).toContain('GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE=//iam.googleapis.com/projects/1/');
    expect(given()).toContain(`GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE=${JWT}\n`);
    expect(given()).toContain('GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE=0\n');
  });

  test('an external account whose token a program prints: takes the one in the output file while it is good', async () => {
    const soon = Math.floor(Date.now() / 1000);
    const { command, given } = program(answer({ expiration_time: soon + 3600 }));
    const output = fileWith(answer({ expiration_time: soon + 3600 }));
    const file = fileWith(external({ executable: { command, output_file: output } }));
    await listWith({ credentials_file: file }, { env: ALLOWED });
    expect(given).toThrow('ENOENT');
    writeFileSync(output, answer({ expiration_time: soon - 1 }));
    await listWith({ credentials_file: file }, { env: ALLOWED });
    expect(given()).toContain(`GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE=${output}\n`);
  });

  test.each([
    ['what is not JSON', 'no', 'something that is not JSON'],
    ['another version', answer({ version: 2 }), 'not of "version": 1'],
    [
      'a failure',
      answer({ success: false, code: '401', message: 'log in first' }),
      'failed: 401 log in first',
    ],
    ['a token that has ended', answer({ expiration_time: 1_000_000 }), 'a token that has ended'],
    ['no token', answer({ id_token: '' }), 'has no id_token'],
    ['a token of another type', answer({ token_type: 'x' }), 'of the type x'],
  ])(
    'an external account whose program prints %s: says so, and quotes no token',
    async (_, text, problem) => {
      const { command } = program(text);
      const file = fileWith(external({ executable: { command } }));
      const error = await rejection(listWith({ credentials_file: file }, { env: ALLOWED }));
      expect(error).toBeInstanceOf(InvalidCredentialsError);
      expect(error.message).toContain(problem);
      expect(error.message).not.toContain(SUBJECT_TOKEN);
    },
  );

  test('an external account whose program fails: is asked again later', async () => {
    const executable = { command: 'sh -c "echo out of order >&2; exit 3"' };
    const file = fileWith(external({ executable }));
    const error = await rejection(listWith({ credentials_file: file }, { env: ALLOWED }));
    expect(error).toBeInstanceOf(TargetUnavailableError);
    expect(error.message).toContain('ended with exit code 3: out of order');
  });

  test('a file of an impersonated service account: asks with its source credentials', async () => {
    const file = fileWith({
      type: 'impersonated_service_account',
      service_account_impersonation_url: `${fake.origin}/v1/projects/-/serviceAccounts/${EMAIL}:generateAccessToken`,
      delegates: ['d@p.iam.gserviceaccount.com'],
      source_credentials: user(),
    });
    const asked = await listWith({ credentials_file: file });
    expect(asked).toMatchObject([
      { grant_type: 'refresh_token' },
      { delegates: ['d@p.iam.gserviceaccount.com'] },
    ]);
  });

  test('the metadata server: is asked where there is no file, and no server that is not it is believed', async () => {
    const env = { GCE_METADATA_HOST: new URL(fake.origin).host, HOME: createFolder() };
    await listWith({}, { env });
    expect(fake.count('Identity')).toBe(1);
    fake.faults.next('Identity', { ...LOGIN_PAGE, status: 200 });
    expect(await rejection(listWith({ auth: 'metadata' }, { env }))).toBeInstanceOf(
      UnprovenAnswerError,
    );
  });

  test('the order: settings, GOOGLE_APPLICATION_CREDENTIALS, the file of gcloud', async () => {
    const home = createFolder();
    writeFileSync(join(home, 'application_default_credentials.json'), JSON.stringify(user()));
    const env = { CLOUDSDK_CONFIG: home };
    const kinds = async (settings: object, more: object) => {
      fake.rules.asked.length = 0;
      const [asked] = await listWith(settings as never, { env: { ...env, ...more } });
      return (asked as Record<string, string>)['grant_type'];
    };
    const jwt = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    expect(await kinds({}, {})).toBe('refresh_token');
    expect(await kinds({}, { GOOGLE_APPLICATION_CREDENTIALS: keyFile(fake) })).toBe(jwt);
    const named = { GOOGLE_APPLICATION_CREDENTIALS: fileWith(user()) };
    expect(await kinds({ credentials_file: keyFile(fake) }, named)).toBe(jwt);
  });

  test('a token: is renewed before it ends, once for all callers, and once after it was refused', async () => {
    let ms = 0;
    const clock = { ...systemClock, monotonic: () => ms };
    const settings = { ...placeOf(fake.origin), credentials_file: keyFile(fake) };
    const backend = openGoogle(settings, { clock });
    const list = () => backend.listObjects('photos', '', {}, call);
    await Promise.all([list(), list(), list()]);
    expect(fake.rules.issued).toHaveLength(1);
    ms = 54 * 60_000;
    await list();
    expect(fake.rules.issued).toHaveLength(1);
    ms = 56 * 60_000;
    await Promise.all([list(), list()]);
    expect(fake.rules.issued).toHaveLength(2);
    fake.rules.valid.clear();
    await list();
    expect(fake.rules.issued).toHaveLength(3);
    await backend.close();
  });

  test('P1: a wrong clock: an assertion that was refused is signed again by the time of the answer', async () => {
    const clock = { ...systemClock, now: () => Date.now() + 3 * 3_600_000 };
    expect(await listWith({ credentials_file: keyFile(fake) }, { clock })).toHaveLength(2);
  });

  test('P9: errors of credentials show no secret, whatever is wrong with them', async () => {
    const broken = [
      fileWith('{ "private_key": "secret of mine" '),
      fileWith({ type: 'service_account', client_email: EMAIL, private_key: 'secret of mine' }),
      fileWith({ ...user(), refresh_token: 'secret of mine' }),
      fileWith({ type: 'other', private_key: 'secret of mine' }),
    ];
    for (const file of broken) {
      const error = await rejection(listWith({ credentials_file: file }));
      expect(error).toBeInstanceOf(InvalidCredentialsError);
      expect(error.message).not.toContain('secret of mine');
    }
  });

  test('an identity service that is down: is trouble of the target, worth another try', async () => {
    fake.faults.next('Identity', { kind: 'refuse', status: 503, reason: 'unavailable' });
    const error = await rejection(listWith({ credentials_file: keyFile(fake) }));
    expect(error).toBeInstanceOf(TargetUnavailableError);
    expect(error).toMatchObject({ retry: 'backoff' });
  });

  test('STORAGE_EMULATOR_HOST: leads to an emulator without a token, unless a host is set', async () => {
    fake.rules.isOpen = true;
    const env = { STORAGE_EMULATOR_HOST: new URL(fake.origin).host };
    const backend = openGoogle({}, { env });
    await backend.listObjects('photos', '', {}, call);
    await backend.close();
    expect(fake.log.at(-1)?.headers['authorization']).toBeUndefined();
    const elsewhere = openGoogle({ host: '127.0.0.1', port: 1, auth: 'anonymous' }, { env });
    expect(await rejection(elsewhere.listObjects('photos', '', {}, call))).toBeInstanceOf(
      TargetUnavailableError,
    );
    await elsewhere.close();
  });
});
