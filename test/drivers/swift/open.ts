import { type Clock, systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import type { Notice } from '../../../src/drivers/notice.js';
import { swiftDriver } from '../../../src/drivers/swift/driver-kind.js';
import { openSwift as openBackend } from '../../../src/drivers/swift/open.js';
import type { SwiftSettings } from '../../../src/drivers/swift/settings.js';
import { SECRET, USER } from '../../fakes/swift/identity.js';
import type { FakeSwift } from '../../fakes/swift/server.js';
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
): SwiftSettings => readSettings(swiftDriver, written, env) as SwiftSettings;

export function openSwift(
  written: Written,
  { env = {}, clock = systemClock, notice = () => {} }: OpenOptions = {},
): Backend {
  return openBackend(settingsOf(written, env), { clock, notice });
}

/** A client of the fake, by TempAuth unless the settings say otherwise. */
export function openFake(
  fake: Pick<FakeSwift, 'origin'>,
  written: Written = {},
  options: OpenOptions = {},
): Backend {
  const access =
    'auth_url' in written
      ? {}
      : { auth_url: `${fake.origin}/auth/v1.0`, key: USER, secret: SECRET };
  return openSwift({ ...access, segment_size: '1MiB', ...written }, options);
}
