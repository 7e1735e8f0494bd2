import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { StorageError } from '../../../src/drivers/errors.js';
import { openDriver } from '../../../src/drivers/registry/open.js';
import { builtinDrivers, findDriver } from '../../../src/drivers/registry/registry.js';

test('registry: finds a driver by its name and each alias, in upper and lower case', () => {
  for (const kind of builtinDrivers) {
    for (const name of [kind.name, kind.name.toUpperCase(), ...kind.aliases])
      expect(findDriver(name)).toBe(kind);
  }
});

test('registry: no two drivers share a name, and each has a description', () => {
  const names = builtinDrivers.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, summary } of builtinDrivers) {
    expect(name).toBe(name.toLowerCase());
    expect(summary).toMatch(/^.{10,120}$/);
  }
});

test('registry: refuses an unknown name and lists the known ones', () => {
  expect(() => findDriver('flopy')).toThrow(StorageError);
  expect(() => findDriver('flopy')).toThrow('no driver is called "flopy"; known: ');
  for (const { name } of builtinDrivers) expect(() => findDriver('flopy')).toThrow(name);
  for (const name of ['', '__proto__', 'constructor', 'toString'])
    expect(() => findDriver(name)).toThrow('no driver is called');
});

test('registry: refuses a name that Libcloud gave up, and gives its successor', () => {
  expect(() => findDriver('CLOUDFILES_UK')).toThrow('use cloudfiles with region "lon"');
  expect(() => findDriver('cloudfiles_swift')).toThrow('use openstack_swift');
});

test('registry: refuses wrong settings with all their faults', async () => {
  await expect(openDriver('local', { fsync: 'perhaps', colour: 'blue' })).rejects.toThrow(
    /driver "local" cannot be opened with these settings: .*root: missing.*fsync: expected true or false.*colour: unknown key/,
  );
});

test('registry: a driver that it opened repeats requests that failed in passing', async () => {
  const [memory] = builtinDrivers.filter(({ name }) => name === 'memory');
  let failures = 1;
  const failing = {
    ...memory!,
    open: async (...args: Parameters<NonNullable<typeof memory>['open']>) => {
      const backend = await memory!.open(...args);
      return {
        ...backend,
        headContainer: async (...given: Parameters<typeof backend.headContainer>) => {
          failures -= 1;
          if (failures >= 0)
            throw new StorageError('passing trouble', { driver: 'memory', retry: 'backoff' });
          return backend.headContainer(...given);
        },
      };
    },
  };
  const driver = await openDriver('memory', {}, { kinds: [failing] });
  await driver.createContainer('c');
  expect((await driver.getContainer('c')).name).toBe('c');
  expect(failures).toBe(-1);
});

/** A server that says what it is, and nothing else. A lost answer fails the test long before its own time is over. */
async function startMinio() {
  const requests: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    requests.push(url);
    response.writeHead(403, { server: 'MinIO' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  const waits = { connect_timeout: '10s', timeout: '20s' };
  const settings = { host: '127.0.0.1', port, secure: false, key: 'a', secret: 'b', ...waits };
  return { requests, settings };
}

test('registry: detects the provider before it opens a driver whose settings do not name it', async () => {
  const { requests, settings } = await startMinio();
  const driver = await openDriver('s3', { profile: 'auto', ...settings });
  expect(requests).toEqual(['/']);
  expect(driver.capabilities.preconditions).toEqual(['ifAbsent', 'ifMatch']);
  await driver.close();
});

test('registry: asks no provider that the settings name', async () => {
  const { requests, settings } = await startMinio();
  const generic = await openDriver('s3', { profile: 'generic', ...settings });
  expect(generic.capabilities.preconditions).toEqual([]);
  await generic.close();
  expect(requests).toEqual([]);
});

test('registry: a detection that is aborted rejects with the reason', async () => {
  const { requests, settings } = await startMinio();
  const reason = new Error('enough');
  await expect(openDriver('s3', settings, { signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
  expect(requests).toEqual([]);
});
