import { UnsupportedOperationError } from '../drivers/errors.js';
import { printable } from '../printable.js';
import type { TargetCommand } from './with-target.js';

/** `container ls`: one name per line. */
export async function listContainers(
  { driver, output, signal }: TargetCommand,
  json: boolean,
): Promise<void> {
  for await (const { name, extra } of driver.iterateContainers({ signal })) {
    if (output.closed.aborted) return;
    if (json) output.json({ name, extra });
    else output.line(printable(name));
  }
}

export async function createContainer(
  { driver, output, signal }: TargetCommand,
  name: string,
): Promise<void> {
  const container = await driver.createContainer(name, { signal });
  output.line(`created ${printable(container.name)}`);
}

/** `container rm`: refuses one that still holds objects. */
export async function removeContainer(
  { driver, output, signal }: TargetCommand,
  name: string,
): Promise<void> {
  await driver.deleteContainer(await driver.getContainer(name, { signal }), { signal });
  output.line(`removed ${printable(name)}`);
}

/** `container cdn`: publishes a container where the provider supports it, and prints its URL. */
export async function publishContainer(
  { driver, output, signal }: TargetCommand,
  name: string,
): Promise<void> {
  const container = await driver.getContainer(name, { signal });
  try {
    await driver.enableContainerCdn(container, { signal });
  } catch (error) {
    // A provider may have public URLs without a call that publishes a container.
    if (!(error instanceof UnsupportedOperationError)) throw error;
  }
  output.line(await driver.getContainerCdnUrl(container, { signal }));
}
