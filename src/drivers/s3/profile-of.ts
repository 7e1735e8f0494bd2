import { profileOfHost } from './choose.js';
import { readDetected } from './detected.js';
import { addressing } from './endpoint.js';
import { findProfile, type Profile } from './profiles.js';
import type { S3Settings } from './settings.js';

/** `auto` is the profile of the host's name, else the detected one, else the generic one. */
export function profileOf(settings: S3Settings, detected: string | undefined): Profile {
  const { profile: name, listing_version: listing, etag } = settings;
  const profile =
    name === 'auto'
      ? (profileOfHost(settings.host) ??
        readDetected(detected, originOf(settings)) ??
        findProfile('generic'))
      : findProfile(name);
  return {
    ...profile,
    ...(listing !== 'auto' && { listing }),
    ...(etag !== 'auto' && { etag, partEtag: etag }),
  };
}

/** Where the service itself answers, whatever the container. */
export function originOf(settings: S3Settings): string {
  return addressing(settings, findProfile('generic'))('us-east-1', undefined, undefined).origin;
}
