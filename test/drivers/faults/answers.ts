import { describe, expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { TargetUnavailableError, UnprovenAnswerError } from '../../../src/drivers/errors.js';
import { sendObject } from '../../../src/drivers/send.js';
import { BARE_200, LOGIN_PAGE } from '../../fakes/scripted-faults.js';
import {
  call,
  contentOf,
  plain,
  put,
  randomContent,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';
import type { FaultDialect, FaultyService } from './dialect.js';
import { type Ask, CONTAINER, DESCRIBED, partOf, REF, type Step, stepsOf } from './steps.js';

const REDIRECT = {
  ...LOGIN_PAGE,
  status: 302,
  headers: { location: 'http://portal/', 'content-type': 'text/html' },
};

/** Answers of other web servers: they prove nothing. */
export function answerFaults(dialect: FaultDialect, service: () => FaultyService): void {
  const { driver, name, provenSteps, provenOtherwise, notRepeated, unproven, ownAsks } = dialect;
  const backend = () => service().backend;

  const prepare = (step: Step, client = backend()): Promise<Ask> =>
    ownAsks[step]?.(service()) ?? stepsOf(client, partOf(dialect))[step]!();

  describe.each(provenSteps)('the answer to %s', (step) => {
    test.each([
      ['a login page with status 200', LOGIN_PAGE, 'content-type text/html'],
      ['200 and nothing else', BARE_200, ''],
      ['another status of success', { ...BARE_200, status: 203 }, 'the status must be'],
      ['a page that says 404', { ...LOGIN_PAGE, status: 404 }, 'content-type text/html'],
      ['a redirect to a login page', REDIRECT, ''],
      ['a demand to log in to the network', { ...LOGIN_PAGE, status: 511 }, ''],
      ...unproven,
    ] as const)('is not believed when it is %s', async (_, answer, reason) => {
      const ask = await prepare(step);
      service().always(step, answer);
      const error = await rejection(ask());
      expect(error).toBeInstanceOf(UnprovenAnswerError);
      expect(error).toBeInstanceOf(TargetUnavailableError);
      expect(error).toMatchObject({ driver, retry: 'backoff' });
      expect(error.message).toContain(`answered ${answer.status}, but not as ${name} does`);
      const isWrongStatus = answer.status === 200 && dialect.without200.includes(step);
      expect(error.message).toContain(isWrongStatus ? 'the status must be' : reason);
    });

    test('is asked for again after a login page, and then believed', async () => {
      const ask = await prepare(step, wrapInEveryLayer(backend()));
      service().next(step, LOGIN_PAGE);
      if (notRepeated.includes(step)) await rejection(ask());
      await ask();
      if (!provenOtherwise.includes(step)) expect(service().count(step)).toBeGreaterThan(1);
    });
  });

  test.each([
    ['200 and nothing else', BARE_200],
    ['201 and nothing else', { ...BARE_200, status: 201 }],
    ['a login page', LOGIN_PAGE],
  ])('put: counts as done after %s when a HEAD finds what was sent', async (_, answer) => {
    for (const body of [bytesBody(randomContent(100)), streamedBody(randomContent(100))]) {
      service().next('put', { ...answer, done: true });
      const before = service().count('put');
      const sent = await sendObject(backend(), REF, body, DESCRIBED, { ...call, verifyHash: true });
      expect(sent.info).toMatchObject({
        size: 100,
        metaData: DESCRIBED.metaData,
        checksums: expect.arrayContaining([sent.checksum]),
      });
      expect(service().count('put')).toBe(before + 1);
    }
  });

  test('put: is not confirmed by an older object of the same content with other metadata', async () => {
    await put(backend(), REF, 'x');
    service().next('put', BARE_200);
    const sending = backend().putObject(REF, bytesBody(Buffer.from('x')), DESCRIBED, call);
    expect(await rejection(sending)).toBeInstanceOf(UnprovenAnswerError);
  });

  test('copy and completion: count as done without a usable answer when a HEAD finds their object', async () => {
    const { copy, multipart } = backend().capabilities;
    const from = { container: CONTAINER, key: 'from' };
    await put(backend(), from, 'x');
    service().next('copy', { ...BARE_200, done: true });
    expect(await copy!.copyObject(from, REF, DESCRIBED, call)).toMatchObject({
      size: 1,
      metaData: DESCRIBED.metaData,
    });
    const token = await multipart!.begin(REF, plain, call);
    const part = await multipart!.uploadPart(token, 1, partOf(dialect), call);
    service().next('complete', { ...LOGIN_PAGE, done: true });
    expect(await multipart!.complete(token, [part], call)).toMatchObject({
      key: REF.key,
      size: partOf(dialect).size,
    });
    expect(await contentOf(backend(), REF)).toBe(partOf(dialect).bytes?.toString());
  });

  test('P4: delete and get: a 404 or 416 of another server does not say that the object is gone or short', async () => {
    await put(backend(), REF, 'x');
    service().next('delete', { ...LOGIN_PAGE, status: 404 });
    expect(await rejection(backend().deleteObject(REF, call))).toBeInstanceOf(UnprovenAnswerError);
    service().next('get', { ...LOGIN_PAGE, status: 416 });
    expect(await rejection(backend().readObject(REF, { start: 5 }, call))).toBeInstanceOf(
      UnprovenAnswerError,
    );
    expect(await contentOf(backend(), REF)).toBe('x');
  });
}
