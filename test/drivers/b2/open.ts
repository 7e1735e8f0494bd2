import { type Clock, systemClock } from '../../../src/clock.js';
import { b2Driver } from '../../../src/drivers/b2/driver-kind.js';
import { openB2 as openBackend } from '../../../src/drivers/b2/open.js';
import type { B2Settings } from '../../../src/drivers/b2/settings.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { ContainerIsNotEmptyError } from '../../../src/drivers/errors.js';
import type { Notice } from '../../../src/drivers/notice.js';
import { KEY_ID, SECRET } from '../../fakes/b2/account.js';
import type { FakeB2 } from '../../fakes/b2/server.js';
import { call } from '../conformance/fixture.js';
import { readSettings } from '../read-settings.js';

type Written = Readonly<Record<string, unknown>>;
type Environment = Readonly<Record<string, string>>;

interface OpenOptions {
  readonly env?: Environment;
  readonly clock?: Clock;
  readonly notice?: Notice;
}

/** Settings as a configuration file would have them read. */
export const settingsOf = (
  written: Written,
  env: Readonly<Record<string, string>> = {},
): B2Settings => readSettings(b2Driver, written, env) as B2Settings;

/** A client of the fake. */
export function openFake(
  { origin }: Pick<FakeB2, 'origin'>,
  written: Written = {},
  { env = {}, clock = systemClock, notice = () => {} }: OpenOptions = {},
): Backend {
  return openBackend(settingsOf({ ...placeOf(origin), ...written }, env), { clock, notice });
}

/** Settings that lead to the fake, with its keys. */
export function placeOf(origin: string): Written {
  const { hostname, port } = new URL(origin);
  return { host: hostname, port: Number(port), secure: false, key: KEY_ID, secret: SECRET };
}

/** The same backend; a container whose objects are all hidden is emptied before it is deleted, as B2 itself would refuse it. */
export function withoutHidden(backend: Backend): Backend {
  return {
    ...backend,
    async deleteContainer(name, by) {
      try {
        await backend.deleteContainer(name, by);
      } catch (error) {
        const { items } = await backend.listObjects(name, '', {}, call);
        if (!(error instanceof ContainerIsNotEmptyError) || items.length > 0) throw error;
        await removeVersions(backend, name);
        await backend.deleteContainer(name, by);
      }
    },
  };
}

async function removeVersions(backend: Backend, container: string): Promise<void> {
  const { versions } = backend.capabilities;
  for (let after: string | undefined; ; ) {
    const page = { ...(after !== undefined && { after }) };
    const { items, next } = await versions!.listVersions(container, '', page, call);
    for (const { key, versionId } of items)
      await versions!.deleteVersion({ container, key }, versionId, call);
    if (next === undefined) return;
    after = next;
  }
}
