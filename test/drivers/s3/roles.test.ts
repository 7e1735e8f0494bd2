import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { InvalidCredentialsError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import { type AwsIdentity, startAwsIdentity } from '../../fakes/aws-identity.js';
import { ACCOUNT } from '../../fakes/s3/server.js';
import { put, rejection } from '../conformance/fixture.js';
import { at, cleanups, metadataServer, open, ref, withCredentials } from './credentials-fixture.js';

withCredentials();

let identity: AwsIdentity;
beforeEach(async () => {
  identity = await startAwsIdentity((account) => void at.fake.rules.accounts.push(account));
  cleanups.push(() => identity.close());
  identity.rules.accounts.push(ACCOUNT);
});

const ROLE = 'arn:aws:iam::123456789012:role/backup';
const KEYS = `aws_access_key_id = ${ACCOUNT.accessKey}\naws_secret_access_key = ${ACCOUNT.secret}\n`;

/** A target whose keys come from the profile `work` of this config file. */
async function openWith(config: string, env: Readonly<Record<string, string>> = {}) {
  const file = join(at.folder, 'config');
  await writeFile(file, config);
  const sts = { AWS_ENDPOINT_URL_STS: identity.origin, AWS_CONFIG_FILE: file };
  return open({ ...sts, ...env }, { aws_profile: 'work' });
}

async function problemWith(config: string, env: Readonly<Record<string, string>> = {}) {
  const error = await rejection(put(await openWith(config, env), ref, 'x'));
  expect(error).toBeInstanceOf(InvalidCredentialsError);
  return error.message;
}

const usedKey = () =>
  /Credential=(\w+)/.exec(at.fake.log.at(-1)?.headers['authorization'] ?? '')?.[1];

test('AssumeRole: a profile takes on its role with the keys of its source profile', async () => {
  identity.rules.externalId = 'for-me';
  const role = `[profile work]\nrole_arn = ${ROLE}\nsource_profile = base\nexternal_id = for-me\nduration_seconds = 1800\nrole_session_name = nightly\n`;
  await put(await openWith(`${role}[profile base]\n${KEYS}`), ref, 'x');
  expect(usedKey()).toBe('ASIA1');
  expect(identity.rules.asked).toEqual([
    {
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'nightly',
      ExternalId: 'for-me',
      DurationSeconds: '1800',
    },
  ]);
});

test('AssumeRole: a profile may be its own source, and a role may be taken on through another role', async () => {
  const own = `[profile own]\nrole_arn = ${ROLE}1\nsource_profile = own\n${KEYS}`;
  identity.rules.granted = () => {};
  const granted = await openWith(
    `[profile work]\nrole_arn = ${ROLE}2\nsource_profile = own\n${own}`,
  );
  // The keys of the first role may take on the second.
  identity.rules.accounts.push({
    accessKey: 'ASIA1',
    secret: 'secret 1',
    sessionToken: 'session 1',
  });
  await put(granted, ref, 'x');
  expect(usedKey()).toBe('ASIA2');
  expect(identity.rules.asked.map(({ RoleArn }) => RoleArn)).toEqual([`${ROLE}1`, `${ROLE}2`]);
});

test('AssumeRole: credential_source takes the keys of the environment, or of the container', async () => {
  const role = (source: string) =>
    `[profile work]\nrole_arn = ${ROLE}\ncredential_source = ${source}\n`;
  const env = { AWS_ACCESS_KEY_ID: ACCOUNT.accessKey, AWS_SECRET_ACCESS_KEY: ACCOUNT.secret };
  await put(await openWith(role('Environment'), env), ref, 'x');
  expect(usedKey()).toBe('ASIA1');
  const { url } = await metadataServer({
    '/c': () => ({ AccessKeyId: ACCOUNT.accessKey, SecretAccessKey: ACCOUNT.secret }),
  });
  const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/c` };
  await put(await openWith(role('EcsContainer'), container), ref, 'x');
  expect(usedKey()).toBe('ASIA2');
  expect(await problemWith(role('Environment'))).toContain('it has none');
  expect(await problemWith(role('Elsewhere'))).toContain('credential_source that is none of');
});

test.each([
  ['source_profile = missing', 'AWS profile "missing" is in neither'],
  ['source_profile = empty', 'takes its keys from empty, which has none'],
  ['source_profile = round', 'is its own source: work -> round -> work'],
  ['source_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me', 'asks for an MFA code'],
  ['source_profile = base\nduration_seconds = 60', 'no number from 900 to 43200'],
  ['external_id = x', 'none of source_profile, credential_source'],
])('AssumeRole: a profile with %j is refused without a request', async (lines, message) => {
  const others = `[profile empty]\nregion = x\n[profile base]\n${KEYS}[profile round]\nrole_arn = x\nsource_profile = work\n`;
  const config = `[profile work]\nrole_arn = ${ROLE}\n${lines}\n${others}`;
  expect(await problemWith(config)).toContain(message);
  expect(identity.log).toEqual([]);
});

test('AssumeRole: a refusal names the role and the reason, and a service that fails is trouble of the target', async () => {
  const config = `[profile work]\nrole_arn = ${ROLE}\nsource_profile = base\n[profile base]\n${KEYS}`;
  identity.rules.externalId = 'another';
  expect(await problemWith(config)).toContain(
    `the role ${ROLE} cannot be assumed: STS answered 403 AccessDenied`,
  );
  identity.rules.externalId = undefined;
  identity.rules.accounts.splice(0);
  expect(await problemWith(config)).toContain('InvalidAccessKeyId');
  const failing = [
    { kind: 'foreign', status: 503, headers: {}, body: 'down' },
    { kind: 'foreign', status: 200, headers: {}, body: '<html></html>' },
    { kind: 'lose-answer' },
  ] as const;
  for (const fault of failing) {
    identity.faults.next('AssumeRole', fault);
    const error = await rejection(put(await openWith(config), ref, 'x'));
    expect(error).toBeInstanceOf(TargetUnavailableError);
  }
});

test('AssumeRoleWithWebIdentity: the environment of a pod gives a role, and the token is read at each renewal', async () => {
  const file = join(at.folder, 'token');
  await writeFile(file, 'first\n');
  identity.rules.webTokens.add('first').add('second');
  const env = {
    AWS_ENDPOINT_URL_STS: identity.origin,
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_ARN: ROLE,
    AWS_ROLE_SESSION_NAME: 'pod-7',
  };
  const s3 = open(env);
  await put(s3, ref, 'x');
  expect(identity.rules.asked).toMatchObject([
    { Action: 'AssumeRoleWithWebIdentity', RoleArn: ROLE, RoleSessionName: 'pod-7' },
  ]);
  expect(identity.log[0]?.headers['authorization']).toBeUndefined();
  await writeFile(file, 'second\n');
  at.fake.rules.expired.add('ASIA1');
  await put(s3, ref, 'y');
  expect(identity.rules.asked.map(({ WebIdentityToken }) => WebIdentityToken)).toEqual([
    'first',
    'second',
  ]);
  await writeFile(file, 'forged\n');
  const error = await rejection(put(open(env), ref, 'x'));
  expect(error).toBeInstanceOf(InvalidCredentialsError);
  expect(error.message).toContain('400 InvalidIdentityToken');
  expect(error.message).not.toContain('forged');
});

test('AssumeRoleWithWebIdentity: a profile names the token’s file and the role', async () => {
  const file = join(at.folder, 'token');
  await writeFile(file, 'issued');
  identity.rules.webTokens.add('issued');
  await put(
    await openWith(`[profile work]\nrole_arn = ${ROLE}\nweb_identity_token_file = ${file}\n`),
    ref,
    'x',
  );
  expect(usedKey()).toBe('ASIA1');
  const profile = `[profile work]\nweb_identity_token_file = ${file}\n`;
  expect(await problemWith(profile)).toContain('and no role_arn');
  await writeFile(file, '');
  expect(await problemWith(`${profile}role_arn = ${ROLE}\n`)).toContain('is empty');
});
