import { appendFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { call, listAll, randomContent } from '../drivers/conformance/fixture.js';
import { eventually } from '../world/eventually.js';
import { eventsOf, summaryOf } from '../world/program.js';
import type { Asked, Dialect } from './dialect.js';
import type { Fault } from './fault-proxy.js';
import { expectDone, type Faulty, MIB } from './storage.js';

const LIAR = 'liar';
const ofLiar = ({ key }: Asked) => key === LIAR;

/** Faults that stay: the mirror reports them, and records and deletes nothing wrong. */
export function lastingFaults(at: Faulty): void {
  test('P2: a run never records an object whose hash stays wrong; it reports the object and sends the others', async () => {
    const mirror = at.open();
    at.fill(mirror);
    writeFileSync(join(mirror.source, LIAR), randomContent(3000));
    const honestAgain = at.proxy.always(ofLiar, at.lying());
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(3);
    expect(summaryOf(run)).toMatchObject({ uploaded: 7, failed: 1 });
    const failures = eventsOf(run).filter(({ event }) => event === 'failed');
    expect(failures.every(({ name }) => name === LIAR)).toBe(true);
    expect(failures.at(-1)).toMatchObject({
      retryInMs: null,
      error: expect.stringContaining('has hash 000'),
    });
    const puts = at.proxy.count('put', LIAR);
    expect(puts).toBeGreaterThan(4);
    expect((await mirror.longshore('scan', '--json')).code).toBe(3);
    expect(at.proxy.count('put', LIAR)).toBeGreaterThan(puts);
    honestAgain();
    const { uploaded, adopted } = summaryOf(await mirror.longshore('--reconcile', '--json'));
    expect(Number(uploaded) + Number(adopted)).toBe(1);
    await at.expectInSync(mirror);
  });

  test('P2: a daemon quarantines an object whose hash stays wrong, and sends it once the provider answers correctly', async () => {
    const mirror = at.open();
    at.fill(mirror);
    writeFileSync(join(mirror.source, LIAR), randomContent(3000));
    const honestAgain = at.proxy.always(ofLiar, at.lying());
    const daemon = mirror.daemon();
    const quarantined = async () => {
      const { stdout } = await mirror.longshore('status', '--json');
      return (JSON.parse(stdout) as { mirrors: { quarantined: unknown[] }[] }).mirrors.flatMap(
        (mirror) => mirror.quarantined,
      );
    };
    await eventually(
      async () => expect(await quarantined()).toMatchObject([{ name: LIAR }]),
      120_000,
    );
    expect(JSON.stringify(await quarantined())).toContain('hash-mismatch');
    honestAgain();
    appendFileSync(join(mirror.source, LIAR), 'another look');
    await eventually(async () => expect(await quarantined()).toEqual([]));
    await eventually(async () => expect(await mirror.differences()).toEqual([]));
    daemon.kill('SIGTERM');
    // 143: the record of what has just been stored was still to be written.
    expect([0, 143]).toContain((await daemon.finished).code);
  });

  test('P8: a missing right for one object fails that object only', async () => {
    const mirror = at.open();
    at.fill(mirror);
    at.proxy.always(
      ({ operation, key }) => operation === 'put' && key === 'folder/f3',
      at.refused(403, 'AccessDenied'),
    );
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(3);
    expect(summaryOf(run)).toMatchObject({ uploaded: 6, failed: 1 });
    expect(at.proxy.count('put', 'folder/f3')).toBe(1);
  });

  test('a missing right for the container stops the mirror, which reports it', async () => {
    const mirror = at.open();
    at.fill(mirror);
    at.proxy.always(
      ({ operation }) => operation === 'list' || operation === 'container',
      at.refused(403, 'AccessDenied'),
    );
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(6);
    expect(summaryOf(run)['error']).toContain(`container "${mirror.container}" was refused`);
    expect(summaryOf(run)['error']).toMatch(/no right to do that/);
    expect(at.proxy.count('put')).toBe(0);
  });

  test('P4: a listing that does not advance ends the run, and deletes nothing', async () => {
    const mirror = at.open();
    at.fill(mirror);
    expectDone(await mirror.longshore('--reconcile', '--json'), { uploaded: 7 });
    rmSync(join(mirror.source, 'folder/f0'));
    const advanceAgain = at.proxy.always(
      ({ operation }) => operation === 'list',
      notAdvancing(at.dialect),
    );
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(1);
    expect(summaryOf(run)['error']).toMatch(/not where to go on|does not advance/);
    expect((await mirror.objects()).size).toBe(7);
    advanceAgain();
    expectDone(await mirror.longshore('--reconcile', '--json'), { deleted: 1, uploaded: 0 });
  });

  test('P1: a daemon whose container is deleted creates it and sends everything again', async () => {
    const { container, source, ...mirror } = at.open();
    at.fill({ container, source, ...mirror });
    const daemon = mirror.daemon();
    await eventually(async () => expect(await mirror.differences()).toEqual([]));
    for (const { key } of await listAll(at.direct, container))
      await at.direct.deleteObject({ container, key }, call);
    await at.direct.deleteContainer(container, call);
    writeFileSync(join(source, 'new'), 'new');
    await eventually(() =>
      expect(daemon.stderr()).toMatch(/state changed.*target-down.*does not exist/),
    );
    await eventually(async () => expect(await mirror.differences()).toEqual([]), 90_000);
    expect(daemon.stderr()).toContain('container created again; all objects are sent again');
    await eventually(async () =>
      expect((await mirror.longshore('status')).stdout).toContain('in-sync'),
    );
    daemon.kill('SIGTERM');
    const { code, stderr } = await daemon.finished;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/object failed/);
  });

  test('P3: a file that changes between two of its parts arrives with its last content, and leaves no parts', async () => {
    const mirror = at.open();
    const path = join(mirror.source, 'in parts');
    // Some parts are read ahead of the one that is sent: of so many, most are not yet when the first one arrives.
    const size = 48 * MIB;
    writeFileSync(path, randomContent(size));
    const { mtime } = statSync(path);
    at.proxy.next('part', {
      kind: 'meanwhile',
      act() {
        writeFileSync(path, randomContent(size));
        utimesSync(path, mtime, mtime); // only the ctime shows the change
      },
    });
    expectDone(await mirror.longshore('--reconcile', '--json'), { uploaded: 1 });
    await at.expectInSync(mirror);
    expect(await at.direct.capabilities.multipart?.unfinished(mirror.container, '', call)).toEqual(
      [],
    );
  });
}

/** Swift gives the first page again and again; S3 says that there is more, with the same token as before. */
function notAdvancing({ driver }: Dialect): Fault {
  if (driver === 'google_storage') {
    const nextPageToken = Buffer.from('{"key":"","generation":"0"}').toString('base64');
    return {
      kind: 'alter',
      alter: (answer) => {
        const document = { ...JSON.parse(answer.body.toString()), nextPageToken };
        return { ...answer, body: Buffer.from(JSON.stringify(document)) };
      },
    };
  }
  if (driver === 'backblaze_b2')
    return {
      kind: 'alter',
      alter: (answer) => {
        const document = { ...JSON.parse(answer.body.toString()), nextFileName: ' ' };
        return { ...answer, body: Buffer.from(JSON.stringify(document)) };
      },
    };
  if (driver === 'swift')
    return { kind: 'ask', path: (path) => path.replace(/([?&])marker=[^&]*&?/, '$1') };
  if (driver === 'azure_blobs')
    return {
      kind: 'alter',
      alter: (answer) => ({
        ...answer,
        body: Buffer.from(
          answer.body
            .toString()
            .replace(
              /<NextMarker\s*\/>|<NextMarker>.*<\/NextMarker>/,
              '<NextMarker>2!always</NextMarker>',
            ),
        ),
      }),
    };
  // Base64, as Swift's own are: what it cannot read it answers with 500.
  const more =
    '<IsTruncated>true</IsTruncated><NextContinuationToken>YWx3YXlz</NextContinuationToken>';
  return {
    kind: 'alter',
    alter: (answer) => {
      const body = answer.body
        .toString()
        .replace(/<NextContinuationToken>.*<\/NextContinuationToken>/, '');
      return {
        ...answer,
        body: Buffer.from(body.replace(/<IsTruncated>[a-z]*<\/IsTruncated>/, more)),
      };
    },
  };
}
