import { findProfile, type Profile, profileNames } from './profiles.js';

/** What was found out at an address, as text that can be kept: another address is another question. */
export function writeFound(origin: string, profile: Profile): string {
  return `${profile.name} at ${origin}`;
}

/** Undefined when it was found at another address, or by a version that knew other profiles. */
export function readFound(found: string | undefined, origin: string): Profile | undefined {
  const name = found?.endsWith(` at ${origin}`)
    ? found.slice(0, -` at ${origin}`.length)
    : undefined;
  return name !== undefined && profileNames.includes(name) ? findProfile(name) : undefined;
}
