import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { containerSas } from '../../fakes/azure/identity.js';
import { type FakeAzure, startFakeAzure } from '../../fakes/azure/server.js';
import { call } from '../conformance/fixture.js';
import { openFake } from './open.js';

const CONTAINER = 'box';
const DAY_S = 86_400;

let fake: FakeAzure;
let owner: Backend;

beforeEach(async () => {
  fake = await startFakeAzure();
  owner = openFake(fake);
  onTestFinished(async () => {
    await owner.close();
    await fake.close();
  });
  await owner.createContainer(CONTAINER, call);
});

const seconds = (backend = owner) =>
  backend.capabilities.versions?.softDeleteSeconds(CONTAINER, call);

test.each([
  ['<Enabled>false</Enabled>', 0],
  ['<Enabled>true</Enabled><Days>7</Days>', 7 * DAY_S],
  [
    '<Enabled>true</Enabled><Days>365</Days><AllowPermanentDelete>false</AllowPermanentDelete>',
    365 * DAY_S,
  ],
  ['', 'unseen'],
  ['<Days>7</Days>', 'unseen'],
  ['<Enabled>true</Enabled>', 'unseen'],
  ['<Enabled>true</Enabled><Days>366</Days>', 'unseen'],
  ['<Enabled>true</Enabled><Days>1.5</Days>', 'unseen'],
  ['<Enabled>true</Enabled><Days>-1</Days>', 'unseen'],
])('Azure: soft delete of %j is read as %s', async (policy, expected) => {
  fake.rules.softDelete = policy;
  expect(await seconds()).toBe(expected);
});

test('Azure: a client with the SAS of one container does not ask for the soft delete of the account', async () => {
  const guest = openFake(fake, { sas: containerSas(CONTAINER, Date.now()) });
  onTestFinished(() => guest.close());
  const before = fake.log.length;
  expect(await seconds(guest)).toBe('unseen');
  expect(fake.log).toHaveLength(before);
});

test.each([
  [403, 'AuthorizationPermissionMismatch'],
  [403, 'AuthorizationResourceTypeMismatch'],
  [400, 'UnsupportedQueryParameter'],
])('Azure: soft delete is unseen where the service answers %i %s', async (status, code) => {
  fake.faults.next('ServiceProperties', { kind: 'refuse', status, code });
  expect(await seconds()).toBe('unseen');
  fake.faults.assertUsedUp();
});

test('Azure: trouble of the service is none of soft delete', async () => {
  fake.faults.next('ServiceProperties', { kind: 'refuse', status: 500, code: 'InternalError' });
  await expect(seconds()).rejects.toThrow('look up the soft delete of the account');
});
