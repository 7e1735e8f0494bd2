import { findProfile, type Profile, profileNames } from './profiles.js';

/** The provider detected at an address, as text for the ledger. It counts for this address only. */
export function writeDetected(origin: string, profile: Profile): string {
  return `${profile.name} at ${origin}`;
}

/** The detected profile; undefined for another address, or for a profile that this version does not have. */
export function readDetected(detected: string | undefined, origin: string): Profile | undefined {
  const name = detected?.endsWith(` at ${origin}`)
    ? detected.slice(0, -` at ${origin}`.length)
    : undefined;
  return name !== undefined && profileNames.includes(name) ? findProfile(name) : undefined;
}
