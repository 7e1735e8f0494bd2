import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { InvalidCredentialsError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import { type AwsIdentity, startAwsIdentity } from '../../fakes/aws-identity.js';
import { put, rejection } from '../conformance/fixture.js';
import { at, cleanups, open, ref, withCredentials } from './credentials-fixture.js';

withCredentials();

let identity: AwsIdentity;
beforeEach(async () => {
  identity = await startAwsIdentity((account) => void at.fake.rules.accounts.push(account));
  cleanups.push(() => identity.close());
  await mkdir(join(at.folder, '.aws', 'sso', 'cache'), { recursive: true });
  await writeConfig(SESSION);
});

const SESSION =
  '[profile work]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Backup\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n';
const HOUR_MS = 3_600_000;

const writeConfig = (text: string) => writeFile(join(at.folder, '.aws', 'config'), text);
const loginFile = (name: string) =>
  join(at.folder, '.aws', 'sso', 'cache', `${createHash('sha1').update(name).digest('hex')}.json`);
const timeIn = (ms: number) => new Date(Date.now() + ms).toISOString();

/** As `aws sso login` leaves it. */
function login(name: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const whole = { startUrl: 'https://corp.awsapps.com/start', region: 'eu-west-1', ...fields };
  return writeFile(loginFile(name), JSON.stringify(whole));
}

const opened = () =>
  open(
    {
      HOME: at.folder,
      AWS_ENDPOINT_URL_SSO: identity.origin,
      AWS_ENDPOINT_URL_SSO_OIDC: identity.origin,
    },
    { aws_profile: 'work' },
  );
const failure = () => rejection(put(opened(), ref, 'x'));

test('single sign-on: the cached login gives the keys of the profile’s role', async () => {
  identity.rules.accessTokens.add('logged in');
  await login('corp', { accessToken: 'logged in', expiresAt: timeIn(HOUR_MS) });
  await put(opened(), ref, 'x');
  expect(identity.rules.asked).toEqual([{ role_name: 'Backup', account_id: '123456789012' }]);
});

test('single sign-on: a profile of the older form finds the login by its start URL', async () => {
  const url = 'https://corp.awsapps.com/start';
  await writeConfig(
    `[profile work]\nsso_start_url = ${url}\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = Backup\n`,
  );
  identity.rules.accessTokens.add('logged in');
  const expiresAt = timeIn(HOUR_MS).replace(/\.\d+Z$/, 'UTC');
  await login(url, { accessToken: 'logged in', expiresAt });
  await put(opened(), ref, 'x');
  expect(identity.count('GetRoleCredentials')).toBe(1);
});

test('single sign-on: a login that is missing, expired or refused says what to run', async () => {
  const check = async (problem: string) => {
    const error = await failure();
    expect(error).toBeInstanceOf(InvalidCredentialsError);
    expect(error.message).toContain(problem);
    expect(error.message).toContain('run "aws sso login --profile work"');
  };
  await check('is missing');
  await login('corp', { accessToken: 'old', expiresAt: '2020-06-17T10:02:08Z' });
  await check('has expired at 2020-06-17T10:02:08.000Z');
  expect(identity.log).toEqual([]);
  await login('corp', { accessToken: 'unknown', expiresAt: timeIn(HOUR_MS) });
  await check('is not accepted any more');
});

test('single sign-on: an expired login with a refresh token is renewed, and kept for the AWS tools', async () => {
  identity.rules.refreshTokens.add('r1');
  const registered = { clientId: 'c', clientSecret: 's', registrationExpiresAt: timeIn(HOUR_MS) };
  const old = { accessToken: 'old', expiresAt: timeIn(-1), refreshToken: 'r1', ...registered };
  await login('corp', old);
  await put(opened(), ref, 'x');
  const kept = JSON.parse(await readFile(loginFile('corp'), 'utf8')) as Record<string, string>;
  expect(kept).toMatchObject({
    accessToken: 'access after r1',
    refreshToken: 'next refresh',
    clientId: 'c',
    region: 'eu-west-1',
  });
  expect(Date.parse(kept['expiresAt'] ?? '')).toBeGreaterThan(Date.now() + HOUR_MS / 2);
  await login('corp', old);
  expect((await failure()).message).toContain('cannot be renewed: run "aws sso login');
});

test('single sign-on: a token near its end is used while its renewal fails', async () => {
  identity.rules.accessTokens.add('ending');
  await login('corp', { accessToken: 'ending', expiresAt: timeIn(60_000) });
  await put(opened(), ref, 'x');
  expect(identity.count('GetRoleCredentials')).toBe(1);
});

test.each([
  ['sso_session = corp\nsso_role_name = Backup', 'lacks sso_account_id'],
  ['sso_session = corp\nsso_account_id = 1', 'lacks sso_role_name'],
  [
    'sso_session = other\nsso_account_id = 1\nsso_role_name = Backup',
    'names the sso_session "other"',
  ],
  ['sso_start_url = https://x\nsso_account_id = 1\nsso_role_name = Backup', 'lacks sso_region'],
])('single sign-on: a profile with %j is refused without a request', async (lines, message) => {
  const session = SESSION.slice(SESSION.indexOf('[sso-session'));
  await writeConfig(`[profile work]\n${lines}\n${session}`);
  expect((await failure()).message).toContain(message);
  expect(identity.log).toEqual([]);
});

test('single sign-on: a role that the user lacks is named, and a service that fails is trouble of the target', async () => {
  identity.rules.accessTokens.add('logged in');
  await login('corp', { accessToken: 'logged in', expiresAt: timeIn(HOUR_MS) });
  await writeConfig(SESSION.replace('Backup', 'Admin'));
  expect((await failure()).message).toContain('has no role "Admin" in the account 123456789012');
  await identity.switchOff();
  expect(await failure()).toBeInstanceOf(TargetUnavailableError);
});
