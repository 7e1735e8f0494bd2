import { afterEach, beforeEach, expect, test } from 'vitest';
import { InvalidContainerNameError } from '../../../src/drivers/errors.js';
import { arnProblem, reservedNameProblem } from '../../../src/drivers/s3/bucket-kinds.js';
import { s3Driver } from '../../../src/drivers/s3/driver-kind.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { call, put, rejection } from '../conformance/fixture.js';
import { openFake, settingsOf } from './open.js';

let fake: FakeS3;
beforeEach(async () => {
  fake = await startFakeS3();
});
afterEach(() => fake.close());

const ARN = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/photos';

test.each([
  ['arn:aws:s3:::photos', "write the bucket's name alone, photos"],
  [ARN, 'write its alias, which ends with -s3alias'],
  ['arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap', 'Multi-Region Access Point'],
  ['arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/x', 'Object Lambda'],
  ['arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-1/accesspoint/x', 'Outposts'],
  ['arn:aws:s3express:eu-west-1:123456789012:bucket/x--euw1-az1--x-s3', 'directory bucket'],
  ['arn:aws:s3tables:eu-west-1:123456789012:bucket/x', 'table bucket'],
  ['arn:aws:sqs:eu-west-1:123456789012:queue', 'another service (sqs)'],
  ['arn:aws:s3:::photos/2026', 'not a bucket'],
  ['arn:aws', 'no whole ARN'],
])('S3 containers: %s is refused, because %s', async (name, reason) => {
  expect(arnProblem(name)).toContain(reason);
  await refusedWithoutRequest(name, reason);
});

test.each([
  ['photos--euw1-az1--x-s3', 'S3 Express One Zone'],
  ['point--euw1-az1--xa-s3', 'S3 Express One Zone'],
  ['lambda-abc--ol-s3', 'Object Lambda'],
  ['point-abc--op-s3', 'Outposts'],
  ['tables--table-s3', 'table bucket'],
  ['mfzwi23gnjvgw.mrap', 'Multi-Region Access Point'],
])('S3 containers: %s of AWS is refused, because of %s', async (name, reason) => {
  await refusedWithoutRequest(name, reason);
});

async function refusedWithoutRequest(name: string, reason: string): Promise<void> {
  const s3 = openFake(fake);
  const ref = { container: name, key: 'x' };
  const attempts = [
    put(s3, ref, 'x'),
    s3.headContainer(name, call),
    s3.createContainer(name, call),
    s3.deleteContainer(name, call),
    s3.listObjects(name, '', {}, call),
    s3.headObject(ref, call),
    s3.deleteObject(ref, call),
  ];
  for (const attempt of attempts) {
    const error = await rejection(attempt);
    expect(error).toBeInstanceOf(InvalidContainerNameError);
    expect(error.message).toContain(reason);
  }
  expect(fake.log).toEqual([]);
  const problem = s3Driver.placeProblem?.({ container: name, prefix: '' }, settingsOf({}));
  expect(problem).toMatchObject({ field: 'container', onlyNew: false });
  expect(problem?.problem).toContain(reason);
  await s3.close();
}

test.each([
  'photos',
  'my-point-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias',
  'photos-x-s3',
  'mrap',
  'a.b-s3',
])('S3 containers: %s is a name like any other', async (name) => {
  expect([arnProblem(name), reservedNameProblem(name)]).toEqual([undefined, undefined]);
  const place = { container: name, prefix: '' };
  expect(s3Driver.placeProblem?.(place, settingsOf({}))).toBeUndefined();
});

test('S3 containers: an access point is written to and listed by its alias', async () => {
  const alias = 'my-point-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias';
  const s3 = openFake(fake);
  await s3.createContainer(alias, call);
  await put(s3, { container: alias, key: 'x' }, 'x');
  const { items } = await s3.listObjects(alias, '', {}, call);
  expect(items.map(({ key }) => key)).toEqual(['x']);
  await s3.close();
});

test('S3 containers: another provider has no reserved names', async () => {
  const name = 'photos--euw1-az1--x-s3';
  const s3 = openFake(fake, { profile: 'minio' });
  await s3.createContainer(name, call);
  await put(s3, { container: name, key: 'x' }, 'x');
  const settings = settingsOf({ profile: 'minio', host: 'h' });
  expect(s3Driver.placeProblem?.({ container: name, prefix: '' }, settings)).toBeUndefined();
  await s3.close();
});
