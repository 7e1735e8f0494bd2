import { type Clock, systemClock } from '../../../src/clock.js';
import { azureDriver } from '../../../src/drivers/azure/driver-kind.js';
import { openAzure as openBackend } from '../../../src/drivers/azure/open.js';
import type { AzureSettings } from '../../../src/drivers/azure/settings.js';
import type { Backend } from '../../../src/drivers/backend.js';
import type { Notice } from '../../../src/drivers/notice.js';
import { KEY } from '../../fakes/azure/identity.js';
import { ACCOUNT } from '../../fakes/azure/request.js';
import type { FakeAzure } from '../../fakes/azure/server.js';
import { readSettings } from '../read-settings.js';

type Written = Readonly<Record<string, unknown>>;

export interface OpenOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly notice?: Notice;
}

/** Settings as a configuration file would have them read. */
export const settingsOf = (
  written: Written,
  env: Readonly<Record<string, string>> = {},
): AzureSettings => readSettings(azureDriver, written, env) as AzureSettings;

export function openAzure(
  written: Written,
  { env = {}, clock = systemClock, notice = () => {} }: OpenOptions = {},
): Backend {
  return openBackend(settingsOf(written, env), { clock, notice });
}

/** Where the fake is, as settings say it. */
export function placeOf({ origin }: Pick<FakeAzure, 'origin'>): Written {
  const { hostname, port } = new URL(origin);
  return { key: ACCOUNT, host: hostname, port: Number(port), secure: false };
}

/** A client of the fake, by the account's key unless the settings say otherwise. */
export function openFake(
  fake: Pick<FakeAzure, 'origin'>,
  written: Written = {},
  options: OpenOptions = {},
): Backend {
  const isOwn = ['secret', 'sas', 'auth_type', 'tenant_id'].some((name) => name in written);
  const access = isOwn ? {} : { secret: KEY };
  return openAzure({ ...placeOf(fake), ...access, block_size: '1MiB', ...written }, options);
}
