import { expect, test } from 'vitest';
import { StorageError } from '../../src/drivers/errors.js';
import { openDriver } from '../../src/drivers/open.js';
import { builtinDrivers, findDriver } from '../../src/drivers/registry.js';

test('a driver is found by name and by each alias, in any case', () => {
  for (const kind of builtinDrivers) {
    for (const name of [kind.name, kind.name.toUpperCase(), ...kind.aliases]) expect(findDriver(name)).toBe(kind);
  }
});

test('no two kinds share a name, and each says what it is', () => {
  const names = builtinDrivers.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, summary } of builtinDrivers) {
    expect(name).toBe(name.toLowerCase());
    expect(summary).toMatch(/^.{10,120}$/);
  }
});

test('an unknown name is refused with the known ones', () => {
  expect(() => findDriver('flopy')).toThrow(StorageError);
  expect(() => findDriver('flopy')).toThrow('no driver is called "flopy"; known: ');
  for (const { name } of builtinDrivers) expect(() => findDriver('flopy')).toThrow(name);
  for (const name of ['', '__proto__', 'constructor', 'toString']) expect(() => findDriver(name)).toThrow('no driver is called');
});

test('a name that Libcloud gave up is refused with its successor', () => {
  expect(() => findDriver('CLOUDFILES_UK')).toThrow('use cloudfiles with region "lon"');
  expect(() => findDriver('cloudfiles_swift')).toThrow('use openstack_swift');
});

test('settings that are wrong are refused with every fault', () => {
  expect(() => openDriver('local', { fsync: 'perhaps', colour: 'blue' })).toThrow(
    /driver "local" cannot be opened with these settings: .*root: missing.*fsync: expected true or false.*colour: unknown key/,
  );
});

test('a driver that was opened tries again what failed in passing', async () => {
  const [memory] = builtinDrivers.filter(({ name }) => name === 'memory');
  let failures = 1;
  const failing = {
    ...memory!,
    open: (...args: Parameters<NonNullable<typeof memory>['open']>) => {
      const backend = memory!.open(...args);
      return {
        ...backend,
        headContainer: async (...given: Parameters<typeof backend.headContainer>) => {
          failures -= 1;
          if (failures >= 0) throw new StorageError('passing trouble', { driver: 'memory', retry: 'backoff' });
          return backend.headContainer(...given);
        },
      };
    },
  };
  const driver = openDriver('memory', {}, [failing]);
  await driver.createContainer('c');
  expect((await driver.getContainer('c')).name).toBe('c');
  expect(failures).toBe(-1);
});
