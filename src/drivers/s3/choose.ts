import { StorageError } from '../errors.js';
import { readSharedProfile } from './credentials/shared-files.js';
import { S3 } from './errors.js';
import { type Feature, findProfile, type Profile } from './profiles.js';
import type { S3Settings } from './settings.js';
import { storageClassNamed } from './storage-classes.js';

/** Whose S3 a host is, by its name alone; undefined when it could be anybody's. */
export function profileOfHost(host: string | undefined): Profile | undefined {
  if (host === undefined) return findProfile('aws');
  const found = HOSTS.find(([suffix]) => host === suffix || host.endsWith(`.${suffix}`));
  return found && findProfile(found[1]);
}

const HOSTS = [
  ['amazonaws.com', 'aws'],
  ['amazonaws.com.cn', 'aws'],
  ['r2.cloudflarestorage.com', 'r2'],
  ['backblazeb2.com', 'b2'],
  ['wasabisys.com', 'wasabi'],
  ['digitaloceanspaces.com', 'digitalocean'],
  ['scw.cloud', 'scaleway'],
  ['cloud.ovh.net', 'ovh'],
  ['linodeobjects.com', 'linode'],
  ['storage.googleapis.com', 'gcs-interop'],
] as const;

/** The region to begin with: containers that are elsewhere are found by the provider's own redirects. */
export function chooseRegion(settings: S3Settings, profile: Profile): string {
  const region = settings.region ?? ambientRegion(settings, profile) ?? profile.region;
  if (region !== undefined) return region;
  throw new StorageError(`profile ${profile.name} needs a region, as its console shows it`, {
    driver: S3,
  });
}

/** Where keys of one's own are given, the environment may well be about another account. */
function ambientRegion(settings: S3Settings, profile: Profile): string | undefined {
  if (profile.name !== 'aws' && settings.key !== undefined) return undefined;
  const env = settings.environment();
  const name = settings.aws_profile ?? env['AWS_PROFILE'] ?? 'default';
  return env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || readSharedProfile(name, env)?.['region'];
}

/** Throws when settings contradict each other, or ask for what the profile's provider does not do. */
export function refuseContradictions(settings: S3Settings, profile: Profile): void {
  const problem = (what: string) => new StorageError(what, { driver: S3 });
  if ((settings.key === undefined) !== (settings.secret === undefined))
    throw problem('key and secret belong together: one of them is missing');
  if (settings.token !== undefined && settings.key === undefined)
    throw problem('token belongs to key and secret, which are missing');
  if (settings.aws_profile !== undefined && settings.key !== undefined)
    throw problem('aws_profile and key exclude each other: keep one');
  if (settings.host === undefined && profile.host === undefined)
    throw problem(`profile ${profile.name} needs a host`);
  const { encryption, object_lock: lock } = settings;
  if (encryption?.kms_key !== undefined && encryption.type !== 'kms')
    throw problem('encryption.kms_key is for encryption.type kms only');
  if ((encryption?.type === 'customer') !== (encryption?.customer_key !== undefined))
    throw problem('encryption.customer_key and encryption.type customer belong together');
  if (encryption?.type === 'customer' && !settings.secure)
    throw problem(
      'encryption.type customer would send its key in the clear: it needs secure: true',
    );
  if (lock !== undefined && (lock.mode === undefined) !== (lock.retain === undefined))
    throw problem('object_lock.mode and object_lock.retain belong together');
  if (lock !== undefined && lock.mode === undefined && !lock.legal_hold)
    throw problem('object_lock says neither mode and retain nor legal_hold');
  for (const [feature, wanted] of featuresOf(settings)) {
    if (wanted && !profile.features.includes(feature))
      throw problem(`profile ${profile.name} has no ${feature}: take that setting out`);
  }
  for (const { storage_class: named } of [settings, ...settings.headers])
    if (named !== undefined) storageClassNamed(named, profile);
}

function featuresOf(settings: S3Settings): readonly (readonly [Feature, boolean])[] {
  const { encryption } = settings;
  return [
    [
      'storage-class',
      [settings, ...settings.headers].some(({ storage_class: wanted }) => wanted !== undefined),
    ],
    ['acl', settings.acl !== undefined],
    ['object-lock', settings.object_lock !== undefined],
    ['tags', settings.tags.length > 0],
    ['requester-pays', settings.requester_pays],
    ['sse-s3', encryption?.type === 's3'],
    ['sse-kms', encryption?.type === 'kms'],
    ['sse-c', encryption?.type === 'customer'],
  ];
}
