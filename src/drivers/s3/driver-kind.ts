import type { ConfigContext } from '../../config/fields.js';
import { HEADER_FIELDS } from '../../config/header-rules.js';
import { type DriverKind, placeProblemBy } from '../driver-kind.js';
import { arnProblem, reservedNameProblem } from './bucket-kinds.js';
import { S3 } from './errors.js';
import { isContainerName, keyProblem, newContainerProblem } from './names.js';
import { profileOf } from './profile-of.js';
import { type S3Settings, s3Settings } from './settings.js';

const problemOfNames = placeProblemBy({ newContainerProblem, keyProblem }, isContainerName);

/** What a name of Libcloud's stands for. */
interface Preset {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly profile: S3Settings['profile'];
  readonly region?: string;
  readonly host?: (region: string) => string;
}

function kind({
  name,
  aliases,
  summary,
  profile: preset,
  region: presetRegion,
  host: presetHost,
}: Preset): DriverKind<S3Settings> {
  return {
    name,
    aliases,
    summary,
    hasInventories: true,
    settings: (place: ConfigContext) => s3Settings(place, preset),
    objectHeaders(written) {
      const { features } = profileOf(withPreset(written), undefined);
      return features.includes('storage-class')
        ? [...HEADER_FIELDS, 'storage_class']
        : HEADER_FIELDS;
    },
    placeProblem(place, written) {
      const isAws = profileOf(withPreset(written), undefined).name === 'aws';
      const { container } = place;
      const problem = arnProblem(container) ?? (isAws ? reservedNameProblem(container) : undefined);
      if (problem !== undefined) return { field: 'container', problem, onlyNew: false };
      return problemOfNames(place);
    },
    detect: async (written, world, call) =>
      (await import('./detect.js')).detectS3(withPreset(written), world, call),
    // Without a host it is the profile's, which may have one for each region.
    where(written) {
      const { host, port, profile, region } = withPreset(written);
      return host === undefined
        ? [profile, region].filter(Boolean).join(' ')
        : `${host}${port === undefined ? '' : `:${port}`}`;
    },
    async open(written, world) {
      const { openS3 } = await import('./open.js');
      return openS3(withPreset(written), world);
    },
  };

  function withPreset(written: S3Settings): S3Settings {
    const region = written.region ?? presetRegion;
    const host = written.host ?? (region === undefined ? undefined : presetHost?.(region));
    return {
      ...written,
      ...(region !== undefined && { region }),
      ...(host !== undefined && { host }),
    };
  }
}

export const s3Driver = kind({
  name: S3,
  aliases: ['aws_s3', 'amazon_s3'],
  summary: 'AWS S3 and every S3-compatible store, through provider profiles',
  profile: 'auto',
});

/** Libcloud's names for S3-compatible providers (libcloud/storage/providers.py): the driver s3 with a profile chosen. */
export const s3PresetDrivers: readonly DriverKind<S3Settings>[] = [
  kind({ name: 'minio', aliases: [], summary: 'MinIO (s3 with profile minio)', profile: 'minio' }),
  kind({
    name: 's3_rgw',
    aliases: ['ceph'],
    summary: 'Ceph Object Gateway (s3 with profile ceph)',
    profile: 'ceph',
  }),
  kind({
    name: 's3_rgw_outscale',
    aliases: ['outscale'],
    summary: 'Outscale Object Storage (s3 with profile ceph)',
    profile: 'ceph',
    region: 'eu-west-2',
    host: (region) => `osu.${region}.outscale.com`,
  }),
  kind({
    name: 'digitalocean_spaces',
    aliases: [],
    summary: 'DigitalOcean Spaces (s3 with profile digitalocean)',
    profile: 'digitalocean',
    region: 'nyc3',
  }),
  kind({
    name: 'scaleway',
    aliases: [],
    summary: 'Scaleway Object Storage (s3 with profile scaleway)',
    profile: 'scaleway',
  }),
  kind({
    name: 'ovh',
    aliases: [],
    summary: 'OVHcloud Object Storage (s3 with profile ovh)',
    profile: 'ovh',
  }),
  kind({
    name: 'auroraobjects',
    aliases: ['aurora_objects'],
    summary: 'PCextreme Aurora Objects (s3 with profile ceph)',
    profile: 'ceph',
    host: () => 'o.auroraobjects.eu',
    region: 'us-east-1',
  }),
];
