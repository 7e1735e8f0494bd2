import type { Call } from '../call.js';
import type { DriverWorld } from '../driver-kind.js';
import { openConnections } from '../http/connection.js';
import { profileOfHost } from './choose.js';
import { readDetected, writeDetected } from './detected.js';
import { S3 } from './errors.js';
import { originOf } from './profile-of.js';
import { recognise } from './recognise.js';
import type { S3Settings } from './settings.js';

const ADVICE = 'if it is one of the known profiles, name it in the configuration';

/** Whose S3 it is, where the settings leave that open: as text for `DriverWorld.detected`. Undefined: not open, or not recognised. */
export async function detectS3(
  settings: S3Settings,
  { detected, notice = () => {} }: DriverWorld,
  call: Call,
): Promise<string | undefined> {
  if (settings.profile !== 'auto' || profileOfHost(settings.host) !== undefined) return undefined;
  if (readDetected(detected, originOf(settings)) !== undefined) return detected;
  const http = openConnections(settings, S3);
  try {
    const profile = await recognise(http, originOf(settings), call);
    if (profile === undefined)
      notice('S3 provider not recognised: the generic profile is used', { advice: ADVICE });
    return profile && writeDetected(originOf(settings), profile);
  } finally {
    await http.close();
  }
}
