import { read } from '../../src/config/fields.js';
import type { DriverKind } from '../../src/drivers/driver-kind.js';

/** Settings as a configuration file would have them read. */
export function readSettings<S>(
  kind: Pick<DriverKind<S>, 'settings'>,
  written: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string>> = {},
): S {
  const reading = read(kind.settings({ folder: '/', env }), written);
  if (reading.complaints !== undefined) throw new Error(JSON.stringify(reading.complaints));
  return reading.value as S;
}
