import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { googleDriver } from '../../../src/drivers/google/driver-kind.js';
import { openGoogle as openBackend } from '../../../src/drivers/google/open.js';
import type { GoogleSettings } from '../../../src/drivers/google/settings.js';
import type { Notice } from '../../../src/drivers/notice.js';
import { EMAIL, PRIVATE_KEY } from '../../fakes/google/identity.js';
import type { FakeGoogle } from '../../fakes/google/server.js';
import { createFolder } from '../../world/folder.js';
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
): GoogleSettings => readSettings(googleDriver, written, env) as GoogleSettings;

export function openGoogle(
  written: Written,
  { env = {}, clock = systemClock, notice = () => {} }: OpenOptions = {},
): Backend {
  return openBackend(settingsOf(written, env), { clock, notice });
}

/** A key file of a service account that the fake knows, in a folder of its own below the tests' folder. */
export function keyFile(
  { origin }: Pick<FakeGoogle, 'origin'>,
  changes: Readonly<Record<string, unknown>> = {},
): string {
  const file = join(createFolder(), 'key.json');
  const document = {
    type: 'service_account',
    client_email: EMAIL,
    private_key_id: 'key-1',
    private_key: PRIVATE_KEY,
    token_uri: `${origin}/token`,
    ...changes,
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

/** Where a service answers, as settings. */
export function placeOf(origin: string): Written {
  const { hostname, port } = new URL(origin);
  return { host: hostname, port: Number(port), secure: false };
}

const files = new Map<string, string>();

/** A client of the fake with the key of a service account, unless the settings say otherwise. */
export function openFake(
  fake: Pick<FakeGoogle, 'origin'>,
  written: Written = {},
  options: OpenOptions = {},
): Backend {
  const file = files.get(fake.origin) ?? keyFile(fake);
  files.set(fake.origin, file);
  return openGoogle(
    { ...placeOf(fake.origin), credentials_file: file, project: 'p', ...written },
    options,
  );
}
