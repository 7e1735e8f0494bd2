import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import { createDriver } from '../../../src/drivers/storage.js';
import { createFolder, removeFolder } from '../../world/folder.js';
import { type Fixture, randomContent, readAll, rejection, uniqueContainerName } from './fixture.js';

export function driverCases({ backend, inContainer }: Fixture): void {
  const driver = createDriver(backend);

  inContainer('a file goes up and comes down as it was, with its hash', async (containerName) => {
    const folder = createFolder();
    const container = await driver.getContainer(containerName);
    for (const size of [0, 1, 100_000, 3_000_000]) {
      const content = randomContent(size);
      await writeFile(join(folder, 'up.csv'), content);
      const uploaded = await container.uploadObject(join(folder, 'up.csv'), `files/${size}`);
      expect(uploaded.size).toBe(size);
      const object = await container.getObject(`files/${size}`);
      expect(object.extra['contentType']).toBe('text/csv');
      if (driver.hashType !== undefined && object.hash !== undefined)
        expect(object.hash).toBe(checksumOf(driver.hashType, content).hex);
      await object.download(join(folder, 'down'), { overwriteExisting: true });
      expect((await readFile(join(folder, 'down'))).equals(content)).toBe(true);
    }
    removeFolder(folder);
  });

  inContainer(
    'a stream of unknown length is stored, and read back as a stream and in ranges',
    async (containerName) => {
      const container = await driver.getContainer(containerName);
      const content = randomContent(300_000);
      async function* source() {
        for (let at = 0; at < content.byteLength; at += 7001) yield content.subarray(at, at + 7001);
      }
      const object = await container.uploadObjectViaStream(source(), 'from a stream.json');
      expect(object.size).toBe(300_000);
      expect((await readAll(object.asStream())).equals(content)).toBe(true);
      const range = await readAll(object.rangeAsStream({ start: 1000, end: 2000 }));
      expect(range.equals(content.subarray(1000, 2000))).toBe(true);
    },
  );

  inContainer('an empty stream is an empty object', async (containerName) => {
    const container = await driver.getContainer(containerName);
    const object = await container.uploadObjectViaStream((async function* () {})(), 'empty');
    expect(object.size).toBe(0);
    expect((await readAll((await container.getObject('empty')).asStream())).byteLength).toBe(0);
  });

  inContainer(
    'an error names what is missing: the object, or its container',
    async (containerName) => {
      const absent = uniqueContainerName();
      expect(await rejection(driver.getObject(containerName, 'none'))).toBeInstanceOf(
        ObjectDoesNotExistError,
      );
      expect(await rejection(driver.getObject(absent, 'none'))).toBeInstanceOf(
        ContainerDoesNotExistError,
      );
      const container = await driver.getContainer(containerName);
      const object = await container.uploadObjectViaStream((async function* () {})(), 'gone');
      expect(await object.delete()).toBe(true);
      expect(await rejection(object.delete())).toBeInstanceOf(ObjectDoesNotExistError);
      expect(await rejection(readAll(object.asStream()))).toBeInstanceOf(ObjectDoesNotExistError);
    },
  );

  const { cdn } = backend.capabilities;
  if (cdn === undefined) {
    inContainer('a CDN that is not declared is refused', async (containerName) => {
      const container = await driver.getContainer(containerName);
      const object = await container.uploadObjectViaStream((async function* () {})(), 'x');
      for (const run of [
        container.enableCdn(),
        container.getCdnUrl(),
        object.enableCdn(),
        object.getCdnUrl(),
      ]) {
        expect(await rejection(run)).toBeInstanceOf(UnsupportedOperationError);
      }
    });
  } else {
    inContainer('a URL of an object names it', async (containerName) => {
      const container = await driver.getContainer(containerName);
      const object = await container.uploadObjectViaStream(
        (async function* () {})(),
        'folder/odd name %é',
      );
      expect(decodeURIComponent(new URL(await object.getCdnUrl()).pathname)).toContain(
        'folder/odd name %é',
      );
    });
  }

  it('the driver: has the capabilities of its backend', () => {
    expect(driver.capabilities).toBe(backend.capabilities);
    expect(driver.name).toBe(backend.name);
  });
}
