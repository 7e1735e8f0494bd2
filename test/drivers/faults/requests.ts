import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { streamBody } from '../../../src/drivers/body.js';
import { TargetUnavailableError } from '../../../src/drivers/errors.js';
import {
  call,
  contentOf,
  listKeys,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';
import type { FaultDialect, FaultyService } from './dialect.js';
import { CONTAINER, partOf, REF } from './steps.js';

const MIB = 2 ** 20;

/** Refusals, broken connections and silence. */
export function requestFaults(dialect: FaultDialect, service: () => FaultyService): void {
  const { driver, name, refusals, requestId, badDigest } = dialect;
  const backend = () => service().backend;

  test.each(refusals)(
    'refused put: the error for %i %s %j says when to try again, and has the request id',
    async (status, code, headers, type, retry) => {
      service().next('put', { kind: 'refuse', status, code, headers });
      const error = await rejection(put(backend(), REF, 'x'));
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({
        driver,
        retry,
        requestId: requestId && expect.stringMatching(requestId),
      });
      expect(error.message).toContain(code);
    },
  );

  test('refused put: is repeated as soon as a Retry-After allows, and goes through', async () => {
    const soon = { 'retry-after': '0' };
    service().next('put', { kind: 'refuse', status: 503, code: 'SlowDown', headers: soon }, 2);
    await put(wrapInEveryLayer(backend()), REF, 'content');
    expect(service().count('put')).toBe(3);
  });

  test('P2: refused put: bytes that arrived with another digest are sent again', async () => {
    service().next('put', { kind: 'refuse', ...badDigest }, 2);
    await put(wrapInEveryLayer(backend()), REF, 'content');
    expect(service().count('put')).toBe(3);
  });

  test('G2: put: a reset in the middle of the body leaves the object as it was, and is worth another try', async () => {
    await put(backend(), REF, 'as before');
    service().next('put', { kind: 'reset', afterBytes: MIB });
    const error = await rejection(
      backend().putObject(REF, streamedBody(randomContent(8 * MIB)), plain, call),
    );
    expect(error).toBeInstanceOf(TargetUnavailableError);
    expect(error).toMatchObject({ retry: 'backoff' });
    expect(await contentOf(backend(), REF)).toBe('as before');
  });

  test('client: gives up on a server that never answers, or stops in the middle of an answer', async () => {
    await put(backend(), REF, 'content');
    service().next('head', { kind: 'stall' });
    const error = await rejection(backend().headObject(REF, call));
    expect(error).toBeInstanceOf(TargetUnavailableError);
    expect(error).toMatchObject({ retry: 'backoff' });
    service().next('get', { kind: 'stall-body', afterBytes: 3 });
    expect(
      await rejection(readAll(await backend().readObject(REF, undefined, call))),
    ).toBeInstanceOf(TargetUnavailableError);
  });

  test(`client: waits longer for ${dialect.slow.join(', ')}, over which the provider takes its time`, async () => {
    const hasty = service().open({ timeout: '150ms' });
    const { multipart, copy, batchDelete } = hasty.capabilities;
    const patient = backend().capabilities.multipart!;
    const token = await patient.begin(REF, plain, call);
    const part = await patient.uploadPart(token, 1, partOf(dialect), call);
    const from = { container: CONTAINER, key: 'from' };
    await put(backend(), from, 'x');
    await hasty.headContainer(CONTAINER, call); // what it has to find out once is found out
    const asks = {
      complete: () => multipart!.complete(token, [part], call),
      copy: () => copy!.copyObject(from, { container: CONTAINER, key: 'to' }, undefined, call),
      'delete together': () => batchDelete!.deleteObjects(CONTAINER, ['x'], call),
    };
    for (const step of [...dialect.slow, 'list containers'] as const)
      service().next(step, { kind: 'late', afterMs: 2_000 });
    const [error] = await Promise.all([
      rejection(hasty.listContainers({}, call)),
      ...dialect.slow.map((step) => asks[step]()),
    ]);
    expect(error).toBeInstanceOf(TargetUnavailableError);
    await hasty.close();
  });

  test('client: an answer that is cut short is an error, of an object and of a listing', async () => {
    await put(backend(), REF, randomContent(100_000));
    service().next('get', { kind: 'truncate', afterBytes: 50_000 });
    expect(
      await rejection(readAll(await backend().readObject(REF, undefined, call))),
    ).toBeInstanceOf(TargetUnavailableError);
    service().next('list', { kind: 'truncate', afterBytes: 30 });
    expect(await rejection(listKeys(backend(), CONTAINER))).toBeInstanceOf(TargetUnavailableError);
  });

  test('client: a closed port is trouble of the target, worth another try', async () => {
    const nowhere = dialect.openAt('http://127.0.0.1:1');
    const error = await rejection(nowhere.headContainer(CONTAINER, call));
    expect(error).toBeInstanceOf(TargetUnavailableError);
    expect(error).toMatchObject({ retry: 'backoff' });
    expect(error.message).toContain('ECONNREFUSED');
    await nowhere.close();
  });

  test('put: a body that can be opened once is sent once, whatever the refusal teaches', async () => {
    await put(backend(), REF, 'as before');
    service().refuseOnce();
    let opened = 0;
    const source = async function* () {
      opened += 1;
      yield randomContent(1000);
    };
    const error = await rejection(
      backend().putObject(REF, streamBody(source(), 1000), plain, call),
    );
    expect(error).toMatchObject({ retry: { afterMs: 0 } });
    expect({ opened, puts: service().count('put') }).toEqual({ opened: 1, puts: 2 });
    expect(await contentOf(backend(), REF)).toBe('as before');
    await backend().putObject(REF, streamBody(source(), 1000), plain, call);
  });

  test(`P9: ${name}: no error and no listing of a backend shows a secret, a token or a signature`, async () => {
    const { backend: refused, secret } = service().openRefused();
    const errors = [await rejection(put(refused, REF, 'x'))];
    errors.push(await rejection(refused.headObject(REF, call)));
    service().next('put', { kind: 'reset', afterBytes: 10 });
    errors.push(await rejection(put(backend(), REF, 'more than ten bytes')));
    for (const shown of [...errors, refused, backend()].map(
      (each) => inspect(each, { depth: 12, showHidden: true }) + JSON.stringify(each),
    )) {
      for (const hidden of [secret, ...service().secrets()]) expect(shown).not.toContain(hidden);
      expect(shown).not.toMatch(/Signature=[0-9a-f]{64}/);
    }
    await refused.close();
  });
}
