import { createHash, randomUUID } from 'node:crypto';
import type { Backend } from '../../../src/drivers/backend.js';
import type { PageRequest } from '../../../src/drivers/call.js';
import { pages } from '../../../src/drivers/pages.js';
import { eachInParallel } from '../../../src/drivers/parallel.js';
import { NEVER_ABORTED } from '../../../src/signal.js';
import type { Vault } from './vault.js';

const call = { signal: NEVER_ABORTED };
const LANES = 16;

/** A new container at a server. `direct`: a client without the program. `prepare`: what is done before anything is mirrored. */
export async function remoteVault(
  direct: Backend,
  known: Pick<Vault, 'target' | 'options' | 'env'>,
  prepare: (container: string) => Promise<void>,
): Promise<Vault> {
  const container = `disaster-${randomUUID().slice(0, 13)}`;
  await prepare(container);
  return {
    ...known,
    container,
    nameProblem: (name) => direct.capabilities.names.keyProblem(name),
    place: `${String(known.target['driver'])}:${container}`,
    objects: (prefix) => objectsIn(direct, container, prefix),
    async remove() {
      await removeContainer(direct, container).catch(() => undefined);
      await direct.close();
    },
  };
}

/** See Vault.objects. */
async function objectsIn(
  direct: Backend,
  container: string,
  prefix: string,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const keys = await keysIn(direct, container, prefix);
  await eachInParallel(keys, LANES, call.signal, async (key) => {
    const name = key.slice(prefix.length);
    if (name.startsWith('.longshore/')) return;
    const hash = createHash('md5');
    for await (const chunk of await direct.readObject({ container, key }, undefined, call))
      hash.update(chunk);
    found.set(Buffer.from(name).toString('latin1'), hash.digest('hex'));
  });
  return found;
}

async function keysIn(direct: Backend, container: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  const list = (page: PageRequest) => direct.listObjects(container, prefix, page, call);
  for await (const { items } of pages(direct.name, list, call))
    keys.push(...items.map(({ key }) => key));
  return keys;
}

/** Removes a container, with everything that is in it. */
async function removeContainer(direct: Backend, container: string): Promise<void> {
  const { multipart, versions } = direct.capabilities;
  for (const token of (await multipart?.unfinished(container, '', call)) ?? [])
    await multipart?.abort(token, call);
  await eachInParallel(await keysIn(direct, container, ''), LANES, call.signal, (key) =>
    direct.deleteObject({ container, key }, call),
  );
  if (versions !== undefined) {
    const list = (page: PageRequest) => versions.listVersions(container, '', page, call);
    for await (const { items } of pages(direct.name, list, call))
      await eachInParallel(items, LANES, call.signal, ({ key, versionId }) =>
        versions.deleteVersion({ container, key }, versionId, call),
      );
  }
  await direct.deleteContainer(container, call);
}
