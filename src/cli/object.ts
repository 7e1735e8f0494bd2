import { once } from 'node:events';
import { lstat, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { isoTime } from '../clock.js';
import type { StorageObject } from '../drivers/objects.js';
import { printable } from '../printable.js';
import { counted } from '../status/units.js';
import { UsageError } from './exit.js';
import type { TargetCommand } from './with-target.js';

/** `object ls`: size, time of the last change where the provider has it, and name. */
export async function listObjects(
  { driver, output, signal }: TargetCommand,
  containerName: string,
  prefix: string,
  json: boolean,
): Promise<void> {
  const container = await driver.getContainer(containerName, { signal });
  for await (const object of driver.iterateContainerObjects(container, { prefix, signal })) {
    if (output.closed.aborted) return;
    if (json) output.json(plain(object));
    else
      output.line(
        `${String(object.size).padStart(14)}  ${timeOf(object)}  ${printable(object.name)}`,
      );
  }
}

function plain({ name, size, hash, extra, metaData }: StorageObject): unknown {
  return { name, size, hash, metaData, extra };
}

function timeOf({ extra }: StorageObject): string {
  const { lastModified } = extra;
  return (typeof lastModified === 'number' ? isoTime(lastModified) : '').padEnd(24);
}

/** `object get`: verified download into a file, or to stdout with `-`. An existing file is not overwritten without `force`. */
export async function getObject(
  command: TargetCommand,
  containerName: string,
  name: string,
  destination: string | undefined,
  force: boolean,
): Promise<void> {
  const { driver, output, io, signal } = command;
  const object = await driver.getObject(containerName, name, { signal });
  if (destination === '-') return copyToStdout(command, object);
  const path =
    resolve(io.cwd, destination ?? ownName(name)) + (destination?.endsWith('/') ? '/' : '');
  await refuseDestination(path, force);
  await driver.downloadObject(object, path, { overwriteExisting: force, signal });
  output.line(`got ${printable(name)} (${counted(object.size, 'byte')}) to ${printable(path)}`);
}

/** Refuses an existing file before the driver does, with advice for the command line. */
async function refuseDestination(path: string, force: boolean): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && !found.isDirectory() && !force)
    throw new Error(`${path} exists, and stays unchanged; --force overwrites it`);
  const folder = dirname(path);
  if (found === undefined && (await stat(folder).catch(() => undefined)) === undefined)
    throw new Error(`${folder} does not exist; create the folder first`);
}

function ownName(objectName: string): string {
  const name = basename(objectName);
  if (name !== '' && name !== '.' && name !== '..') return name;
  throw new UsageError(
    `${JSON.stringify(objectName)} does not end in the name of a file: say which file it is to become`,
  );
}

async function copyToStdout(
  { driver, output, io, signal }: TargetCommand,
  object: StorageObject,
): Promise<void> {
  for await (const chunk of driver.downloadObjectAsStream(object, { signal })) {
    if (output.closed.aborted) return;
    if (!io.stdout.write(chunk))
      await once(io.stdout, 'drain', { signal: AbortSignal.any([signal, output.closed]) }).catch(
        untilClosed(output.closed),
      );
  }
}

/** A reader that goes away ends the wait without being an error. */
function untilClosed(closed: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!closed.aborted) throw error;
  };
}

/** `object put`: uploads a file, or stdin with `-`, which then needs a name. */
export async function putObject(
  { driver, output, io, signal }: TargetCommand,
  containerName: string,
  file: string,
  named: string | undefined,
): Promise<void> {
  if (file === '-' && named === undefined)
    throw new UsageError(
      'an object that comes from stdin needs a name: object put TARGET CONTAINER - NAME',
    );
  const container = await driver.getContainer(containerName, { signal });
  const name = named ?? basename(file);
  const object =
    file === '-'
      ? await driver.uploadObjectViaStream(io.stdin as AsyncIterable<Uint8Array>, container, name, {
          signal,
        })
      : await driver.uploadObject(resolve(io.cwd, file), container, name, { signal });
  output.line(
    `put ${printable(object.name)} (${object.size} bytes${object.hash === undefined ? '' : `, ${driver.hashType} ${object.hash}`})`,
  );
}

/** `object rm`: a missing object is an error; those before it are gone by then. */
export async function removeObjects(
  { driver, output, signal }: TargetCommand,
  containerName: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    await driver.deleteObject(await driver.getObject(containerName, name, { signal }), { signal });
    output.line(`removed ${printable(name)}`);
  }
}

/** `object url`: a URL to download the object from. */
export async function printObjectUrl(
  { driver, output, signal }: TargetCommand,
  containerName: string,
  name: string,
): Promise<void> {
  output.line(
    await driver.getObjectCdnUrl(await driver.getObject(containerName, name, { signal }), {
      signal,
    }),
  );
}
