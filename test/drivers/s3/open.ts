import { type Clock, systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { s3Driver } from '../../../src/drivers/s3/driver-kind.js';
import { openS3 as openBackend } from '../../../src/drivers/s3/open.js';
import type { S3Settings } from '../../../src/drivers/s3/settings.js';
import { ACCOUNT, type FakeS3 } from '../../fakes/s3/server.js';
import { readSettings } from '../read-settings.js';

type Written = Readonly<Record<string, unknown>>;

/** Settings as a configuration file would have them read. */
export const settingsOf = (
  written: Written,
  env: Readonly<Record<string, string>> = {},
): S3Settings => readSettings(s3Driver, written, env) as S3Settings;

export interface OpenOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly notice?: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

export function openS3(
  written: Written,
  { env = {}, clock = systemClock, notice = () => {} }: OpenOptions = {},
): Backend {
  return openBackend(settingsOf(written, env), { clock, notice });
}

/** A client of the fake, with its own keys unless the settings say others. */
export function openFake(
  fake: Pick<FakeS3, 'host' | 'port'>,
  written: Written = {},
  options: OpenOptions = {},
): Backend {
  const keys =
    'key' in written || options.env !== undefined
      ? {}
      : { key: ACCOUNT.accessKey, secret: ACCOUNT.secret };
  return openS3(
    {
      profile: 'aws',
      region: 'us-east-1',
      host: fake.host,
      port: fake.port,
      secure: false,
      ...keys,
      ...written,
    },
    options,
  );
}
